//! What is measured: memory as the kernel counts it, and latencies.

use core::time::Duration;
use std::fs;

/// A line of `/proc/self/status` in octets; 0 where there is no such file.
fn status(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1_024
}

/// Resident memory now, octets.
pub(crate) fn resident() -> u64 {
    status("VmRSS")
}

/// Most resident memory so far, octets.
pub(crate) fn most_resident() -> u64 {
    status("VmHWM")
}

pub(crate) fn mib(octets: u64) -> String {
    format!("{}.{} MiB", octets >> 20, ((octets & 0xF_FFFF) * 10) >> 20)
}

/// Events a second.
pub(crate) fn rate(events: usize, took: Duration) -> u128 {
    u128::try_from(events).unwrap_or(0) * 1_000_000 / took.as_micros().max(1)
}

/// Percentiles of latencies, as text.
pub(crate) fn percentiles(mut all_us: Vec<u64>) -> String {
    all_us.sort_unstable();
    let at = |per_mille: usize| {
        let index = all_us.len().saturating_sub(1) * per_mille / 1_000;
        let us = all_us.get(index).copied().unwrap_or(0);
        format!("{}.{:02}", us / 1_000, us % 1_000 / 10)
    };
    format!("p50 {} ms, p90 {} ms, p99 {} ms, max {} ms", at(500), at(900), at(990), at(1_000))
}
