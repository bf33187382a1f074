//! Fetches pages and gives their articles onwards: *pages* in, *articles* out.

mod answer;
mod article;
mod handler;
mod kept;
mod led;
mod refusal;
mod settings;
mod tdm_file;
#[cfg(test)]
mod tests;

pub use handler::Retriever;
pub use settings::RetrieverSettings;
