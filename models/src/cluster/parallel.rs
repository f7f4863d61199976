//! Work on each of many rows, on as many threads as there are cores.

/// Rows below which a thread costs more than it saves.
const FEW_ROWS: usize = 64;

/// `work` of each number below `count`, in order. Rows do not depend on each
/// other, so the result is the same on any number of threads.
pub(super) fn map_rows<T, W>(count: usize, work: W) -> Vec<T>
where
    T: Send,
    W: Fn(usize) -> T + Sync,
{
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    if threads < 2 || count < FEW_ROWS {
        return (0..count).map(work).collect();
    }
    let share = count.div_ceil(threads);
    let work = &work;
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..count)
            .step_by(share)
            .map(|start| {
                let end = count.min(start + share);
                scope.spawn(move || (start..end).map(work).collect::<Vec<T>>())
            })
            .collect();
        let mut all = Vec::with_capacity(count);
        for part in parts {
            match part.join() {
                Ok(part) => all.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order() {
        for count in [0, 1, 63, 64, 1_001] {
            let found = map_rows(count, |row| row * 2);
            let expected: Vec<usize> = (0..count).map(|row| row * 2).collect();
            assert_eq!(found, expected);
        }
    }
}
