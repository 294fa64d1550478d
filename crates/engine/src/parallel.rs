//! The same work for many things at once, on as many cores as the computer has.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

/// Fewer than this many things for each core are not worth a thread.
const FOR_EACH_CORE: usize = 4;

/// What `work` makes of each of `items`, in their order.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(items.len() / FOR_EACH_CORE);
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let work = &work;
    thread::scope(|scope| {
        let parts = items.chunks(items.len().div_ceil(threads));
        let running: Vec<_> =
            parts.map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>())).collect();
        let joined =
            running.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.flatten().collect()
    })
}

/// Makes something of each of `items` and then takes it, one after the other; while one is taken, the next is made, unless
/// it must not be `ahead`. Ends with the first that can't be taken.
pub fn make_and_take<T: Copy + Send, R: Send, E>(
    ahead: bool,
    mut items: impl Iterator<Item = T>,
    make: impl Fn(T) -> R + Sync,
    mut take: impl FnMut(T, R) -> Result<(), E>,
) -> Result<(), E> {
    if !ahead {
        return items.try_for_each(|item| take(item, make(item)));
    }
    let make = &make;
    thread::scope(|scope| {
        let mut ready = items.next().map(|item| (item, make(item)));
        while let Some((item, made)) = ready {
            let coming = items.next().map(|next| (next, scope.spawn(move || make(next))));
            take(item, made)?;
            ready = coming
                .map(|(next, thread)| (next, thread.join().unwrap_or_else(|panic| resume_unwind(panic))));
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::{in_parallel, make_and_take};

    #[test]
    fn what_is_made_ahead_is_taken_in_order_up_to_the_first_that_cant_be() {
        for (fails_at, ahead) in [0, 3, 9, 10, 99].into_iter().flat_map(|at| [(at, true), (at, false)]) {
            let mut taken = Vec::new();
            let end = make_and_take(
                ahead,
                0..10,
                |item: u32| item * 2,
                |item, made| {
                    taken.push((item, made));
                    if item == fails_at { Err(item) } else { Ok(()) }
                },
            );
            assert_eq!(end, if fails_at < 10 { Err(fails_at) } else { Ok(()) });
            let expected: Vec<_> = (0..10.min(fails_at + 1)).map(|item| (item, item * 2)).collect();
            assert_eq!(taken, expected);
        }
    }

    #[test]
    fn the_results_come_in_the_order_of_the_things_however_many_there_are() {
        for count in [0, 1, 7, 8, 9, 100, 1_001] {
            let items: Vec<u64> = (0..count).collect();
            let doubled: Vec<u64> = items.iter().map(|item| item * 2).collect();
            assert_eq!(in_parallel(&items, |item| item * 2), doubled);
        }
    }
}
