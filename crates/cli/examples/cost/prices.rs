//! List prices, and what a month of requests, bytes and storage costs by them. In US dollars.

use crate::day::Requests;

/// A price for the units up to a limit; the last has none.
type Tiers = &'static [(f64, f64)];

const NO_LIMIT: f64 = f64::INFINITY;

pub struct PriceList {
    pub name: &'static str,
    /// Of a million LISTs or PUTs.
    million_puts: f64,
    million_gets: f64,
    /// A month, free of charge.
    free_puts: f64,
    free_gets: f64,
    /// Of a GB in a month, free ones included.
    storage: Tiers,
    egress: Tiers,
}

/// S3 Standard in us-east-1. aws.amazon.com/s3/pricing fills its tables in by a script, and can't be had as
/// text, so the figures are from c3x.dev/blog/s3-request-fees-explained (requests),
/// deepeshsoni.com/archives/256 (storage) and wring.co/blog/aws-data-transfer-pricing-guide (8 March 2026:
/// egress), looked up on 23 November 2026.
pub const AWS: PriceList = PriceList {
    name: "AWS S3",
    million_puts: 5.00,
    million_gets: 0.40,
    free_puts: 0.0,
    free_gets: 0.0,
    storage: &[(50e3, 0.023), (500e3, 0.022), (NO_LIMIT, 0.021)],
    egress: &[(100.0, 0.0), (10e3, 0.09), (50e3, 0.085), (150e3, 0.07), (NO_LIMIT, 0.05)],
};

/// Standard storage, from github.com/cloudflare/cloudflare-docs, src/content/docs/r2/pricing.mdx, looked up
/// on 23 November 2026. LIST and PUT are of class A, GET is of class B.
pub const R2: PriceList = PriceList {
    name: "Cloudflare R2",
    million_puts: 4.50,
    million_gets: 0.36,
    free_puts: 1e6,
    free_gets: 10e6,
    storage: &[(10.0, 0.0), (NO_LIMIT, 0.015)],
    egress: &[(NO_LIMIT, 0.0)],
};

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bill {
    pub lists: f64,
    pub puts: f64,
    pub gets: f64,
    pub egress: f64,
    pub storage: f64,
}

impl Bill {
    pub fn total(&self) -> f64 {
        self.lists + self.puts + self.gets + self.egress + self.storage
    }
}

impl PriceList {
    /// `requests`: of the whole month. DELETE is free with both.
    pub fn bill(&self, requests: Requests, stored_bytes: u64) -> Bill {
        let class_a = (requests.list + requests.put) as f64;
        // What is free is taken off where most of it is.
        let charged = (class_a - self.free_puts).max(0.0) / class_a.max(1.0);
        let class_a_price = |count: u64| count as f64 * charged * self.million_puts / 1e6;
        Bill {
            lists: class_a_price(requests.list),
            puts: class_a_price(requests.put),
            gets: (requests.get as f64 - self.free_gets).max(0.0) * self.million_gets / 1e6,
            egress: tiered(self.egress, requests.out_bytes as f64 / 1e9),
            storage: tiered(self.storage, stored_bytes as f64 / 1e9),
        }
    }
}

fn tiered(tiers: Tiers, amount: f64) -> f64 {
    let mut from = 0.0;
    let mut price = 0.0;
    for (to, of_one) in tiers {
        price += (amount.min(*to) - from).max(0.0) * of_one;
        from = *to;
    }
    price
}

#[cfg(test)]
mod tests {
    use super::{AWS, R2, tiered};
    use crate::day::Requests;

    #[test]
    fn a_million_requests_cost_what_the_price_lists_say() {
        let million = Requests { list: 1_000_000, get: 1_000_000, ..Requests::default() };
        let aws = AWS.bill(million, 0);
        assert_eq!((aws.lists, aws.gets), (5.0, 0.4));
        let r2 = R2.bill(million * 11, 0);
        assert!((r2.lists - 45.0).abs() < 1e-9 && (r2.gets - 0.36).abs() < 1e-9, "{r2:?}");
    }

    #[test]
    fn each_byte_costs_the_price_of_its_own_tier() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
        near(tiered(AWS.egress, 100.0), 0.0);
        near(tiered(AWS.egress, 10_000.0), 891.0);
        near(tiered(AWS.egress, 50_000.0), 891.0 + 3_400.0);
        near(tiered(AWS.storage, 60_000.0), 1_150.0 + 220.0);
        near(tiered(R2.egress, 1e9), 0.0);
        near(tiered(R2.storage, 1_010.0), 15.0);
    }
}
