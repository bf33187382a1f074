//! Have we had it before? Exact and near copies, and the evidence for each verdict.
#![forbid(unsafe_code)]
