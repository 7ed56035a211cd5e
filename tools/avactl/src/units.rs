//! Numbers for people.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Bytes in three significant digits: `0B`, `999B`, `1.00KiB`, `24.4MiB`.
pub fn bytes(count: u64) -> String {
    if count < 1024 {
        return format!("{count}B");
    }
    in_units(count, 1024.0, &["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
}

/// The same, shorter, for columns: `999`, `24.4M`.
pub fn short_bytes(count: u64) -> String {
    if count < 1024 {
        return count.to_string();
    }
    in_units(count, 1024.0, &["K", "M", "G", "T", "P", "E"])
}

/// A number of things in three significant digits, if it has more than five: `99999`, `100k`, `1.23M`.
pub fn count(count: u64) -> String {
    if count < 100_000 {
        return count.to_string();
    }
    in_units(count, 1000.0, &["k", "M", "G", "T", "P", "E"])
}

fn in_units(count: u64, step: f64, units: &[&str]) -> String {
    let mut value = count as f64 / step;
    let mut unit = 0;
    while value >= step - 0.5 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    let digits = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    format!("{value:.digits$}{}", units[unit])
}

/// A duration in its two largest units: `5s`, `2m05s`, `3h20m`, `12d04h`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    if days > 0 {
        format!("{days}d{:02}h", hours % 24)
    } else if hours > 0 {
        format!("{hours}h{:02}m", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes}m{:02}s", seconds % 60)
    } else {
        format!("{seconds}s")
    }
}

/// A time of use in three significant digits below a minute, else as a duration: `0s`, `9.99s`, `12.3s`, `2m05s`.
pub fn time(nanoseconds: u64) -> String {
    // Ten milliseconds: nothing is measured more finely on every device.
    match nanoseconds / 10_000_000 {
        0 => "0s".to_owned(),
        hundredths if hundredths < 1000 => format!("{}.{:02}s", hundredths / 100, hundredths % 100),
        hundredths if hundredths < 6000 => format!("{}.{}s", hundredths / 100, hundredths / 10 % 10),
        _ => duration(Duration::from_nanos(nanoseconds)),
    }
}

/// The time since `unix_ms` milliseconds after 1970.
pub fn since(unix_ms: u64, now: SystemTime) -> Duration {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_millis(unix_ms))
}

/// Nanoseconds as seconds.
pub fn of_nanoseconds(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64()
}

/// Milliseconds as seconds.
pub fn seconds(milliseconds: u64) -> f64 {
    Duration::from_millis(milliseconds).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_three_digits() {
        let cases = [0, 1023, 1024, 10_230, 10_239, 102_400, 1_048_063, 1 << 20, 25_600_000, 5 << 30, u64::MAX];
        let texts = cases.map(bytes);
        let expected = [
            "0B", "1023B", "1.00KiB", "9.99KiB", "10.0KiB", "100KiB", "1023KiB", "1.00MiB", "24.4MiB", "5.00GiB",
            "16.0EiB",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn columns_have_short_sizes() {
        assert_eq!([0, 1023, 1024, 25_600_000, u64::MAX].map(short_bytes), ["0", "1023", "1.00K", "24.4M", "16.0E"]);
    }

    #[test]
    fn many_things_have_three_digits() {
        let texts = [0, 99_999, 100_000, 999_499, 999_500, 1_234_567, u64::MAX].map(count);
        assert_eq!(texts, ["0", "99999", "100k", "999k", "1.00M", "1.23M", "18.4E"]);
    }

    #[test]
    fn durations_have_two_units() {
        let texts = [0, 59, 60, 125, 3600, 12_000, 86_400, 1_051_200].map(|s| duration(Duration::from_secs(s)));
        assert_eq!(texts, ["0s", "59s", "1m00s", "2m05s", "1h00m", "3h20m", "1d00h", "12d04h"]);
    }

    #[test]
    fn times_of_use_have_three_digits() {
        let texts =
            [0, 9_999_999, 10_000_000, 9_999_000_000, 12_345_000_000, 59_999_000_000, 125_000_000_000].map(time);
        assert_eq!(texts, ["0s", "0s", "0.01s", "9.99s", "12.3s", "59.9s", "2m05s"]);
    }

    #[test]
    fn a_time_in_the_future_is_now() {
        assert_eq!(since(5000, UNIX_EPOCH), Duration::ZERO);
        assert_eq!(since(5000, UNIX_EPOCH + Duration::from_secs(7)), Duration::from_secs(2));
    }
}
