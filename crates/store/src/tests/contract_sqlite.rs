use super::open;

crate::contract_tests!(open);
