pub(crate) mod fixture;
mod pages;
mod rules;
mod served;
