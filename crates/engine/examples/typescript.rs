//! Prints what `ui/generated/commands.ts` must be.

fn main() {
    print!("{}", primer_engine::api::typescript());
}
