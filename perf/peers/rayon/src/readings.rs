//! What the system says of this process.

use std::fs;

fn status_bytes(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with(field));
    let kilobytes = line.and_then(|l| l.split_whitespace().nth(1)).and_then(|n| n.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

pub fn resident_bytes() -> u64 {
    status_bytes("VmRSS:")
}

pub fn peak_resident_bytes() -> u64 {
    status_bytes("VmHWM:")
}

pub fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5"); // where the system does not forget, the peak is that since the start
}

/// Seconds for which this process's threads were ready and had no CPU, and which the host took.
pub fn waited_for_cpu() -> f64 {
    let mut seconds = 0.0;
    for thread in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let text = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        let waiting = text.split_whitespace().nth(1).and_then(|n| n.parse::<f64>().ok());
        seconds += waiting.unwrap_or(0.0) * 1e-9;
    }
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let steal = stat.split_whitespace().nth(8).and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0);
    // SAFETY: a plain question.
    seconds + steal / unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64
}

/// Seconds for which this process's threads had a CPU.
pub fn processor_seconds() -> f64 {
    let mut used = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it writes to where it is told.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut used) };
    used.tv_sec as f64 + used.tv_nsec as f64 * 1e-9
}

pub fn allocator_name() -> String {
    type Version = unsafe extern "C" fn(*mut i32, *mut i32, *mut *const libc::c_char) -> *const libc::c_char;
    // SAFETY: if there is such a symbol, it is tcmalloc's, of this type.
    unsafe {
        let found = libc::dlsym(libc::RTLD_DEFAULT, b"tc_version\0".as_ptr().cast());
        if found.is_null() {
            return "system".to_string();
        }
        let version: Version = std::mem::transmute(found);
        let (mut major, mut minor, mut patch) = (0, 0, std::ptr::null());
        version(&mut major, &mut minor, &mut patch);
        format!("tcmalloc {major}.{minor}")
    }
}
