//! What the publisher, the site and the courier do.
