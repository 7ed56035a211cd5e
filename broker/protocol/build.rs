//! Emits the wire types of every table.

fn main() {
    ava_tables::build::emit_all("../../api-tables", ava_tables::emit::wire::emit);
}
