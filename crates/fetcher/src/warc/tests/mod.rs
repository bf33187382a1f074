mod archives;
mod broken;
mod ingesting;
mod round_trip;
