mod fixture;
#[cfg(look)]
mod look;
mod pages;
