//! Which faults a run has, and how often. Each seed draws its own mixture: where everything goes wrong at once, nothing
//! comes far enough for the deeper faults to matter.

use crate::seeded::Seeded;

/// How often, in a thousand requests or steps; 0 where a run does without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weather {
    // Of a request.
    pub lost_before: u32,
    pub lost_after: u32,
    pub lands_late: u32,
    pub timed_out: u32,
    pub cut_short: u32,
    pub garbled: u32,
    /// Answers come in any order.
    pub reordered: bool,
    /// Of a listing.
    pub stale: u32,
    // Of a step.
    pub burst: u32,
    pub clock: u32,
    pub power_cut: u32,
    pub power_cut_within: u32,
    pub disk_full: u32,
    pub wiped: u32,
    pub exchanged: u32,
    pub put_back: u32,
    pub object_lost: u32,
    pub object_rots: u32,
    pub copied: u32,
    pub restored: u32,
    pub stolen: u32,
    pub second_program: u32,
}

impl Weather {
    pub fn of(random: &mut Seeded) -> Weather {
        // One run in eight is fair, one in eight has everything, the others some of it.
        let mood = random.below(8);
        let mut at_most = |often: usize| match mood {
            0 => 0,
            1 => u32::try_from(1 + random.below(often)).unwrap_or(0),
            _ if random.below(2) == 0 => 0,
            _ => u32::try_from(1 + random.below(often)).unwrap_or(0),
        };
        Weather {
            lost_before: at_most(60),
            lost_after: at_most(60),
            lands_late: at_most(60),
            timed_out: at_most(40),
            cut_short: at_most(60),
            garbled: at_most(60),
            reordered: at_most(1) > 0,
            stale: at_most(300),
            burst: at_most(10),
            clock: at_most(20),
            power_cut: at_most(10),
            power_cut_within: at_most(25),
            disk_full: at_most(15),
            wiped: at_most(4),
            exchanged: at_most(4),
            put_back: at_most(4),
            object_lost: at_most(6),
            object_rots: at_most(6),
            copied: at_most(4),
            restored: at_most(6),
            stolen: at_most(3),
            second_program: at_most(10),
        }
    }
}
