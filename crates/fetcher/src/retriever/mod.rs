//! Fetches pages and gives their articles onwards: *pages* in, *articles* out.

mod amp;
mod answer;
mod article;
mod doorman;
mod further;
mod handler;
mod kept;
mod led;
mod pages;
mod reader;
mod refusal;
mod settings;
mod tdm_file;
#[cfg(test)]
mod tests;
mod watch;

pub(crate) use self::article::{keep_only_headline, narrowed};
pub(crate) use doorman::{Doorman, Leave};
pub(crate) use further::Nobody;
pub use handler::Retriever;
pub(crate) use reader::{Look, Reader};
pub use refusal::Refusal;
pub use settings::RetrieverSettings;
pub(crate) use watch::without_text;
