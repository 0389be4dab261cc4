//! What the process may still do once the sockets are open: no more than it needs.
//!
//! Holds for the calling thread and those that it starts afterwards.

use std::path::Path;

/// This program's path, as a shell reads it.
pub fn program() -> String {
    let path = std::env::current_exe().unwrap_or_else(|_unknown| "rtcscope".into());
    quoted(&path)
}

fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// What becomes of the right to capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raw {
    /// It is given up.
    GivenUp,
    /// It stays: an interface that was removed can be opened again when it comes back.
    Kept,
}

/// Gives up every capability, but the one that `raw` says, and for root the ones to write files, and the way to any new one. Where the kernel has Landlock, no program can be
/// started and no TCP connection made or accepted any more.
///
/// Nothing here failing is worth ending for: the capture is as good, only the fence around it lower.
#[cfg(target_os = "linux")]
pub fn give_up(raw: Raw) {
    use rustix::thread::CapabilitySet;
    use rustix::thread::CapabilitySets;

    // Root's files stay writable where others own the directory: what is written goes on after a rotation.
    let kept = if rustix::process::geteuid().is_root() {
        CapabilitySet::DAC_OVERRIDE
    } else {
        CapabilitySet::empty()
    };
    let only = |set| {
        let sets = CapabilitySets {
            effective: set,
            permitted: set,
            inheritable: CapabilitySet::empty(),
        };
        rustix::thread::set_capabilities(None, sets)
    };
    let _ = rustix::thread::set_no_new_privs(true);
    let stays = raw == Raw::Kept && only(kept | CapabilitySet::NET_RAW).is_ok();
    if !stays {
        let _ = only(kept);
    }
    let _ = fence();
}

/// Nothing to give up that was taken.
#[cfg(not(target_os = "linux"))]
pub const fn give_up(_: Raw) {}

#[cfg(target_os = "linux")]
fn fence() -> Result<(), landlock::RulesetError> {
    use landlock::ABI;
    use landlock::Access;
    use landlock::AccessFs;
    use landlock::AccessNet;
    use landlock::Ruleset;
    use landlock::RulesetAttr;

    // What a kernel does not know is left out: best effort is the crate's default.
    Ruleset::default()
        .handle_access(AccessFs::Execute)?
        .handle_access(AccessNet::from_all(ABI::V4))?
        .create()?
        .restrict_self()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_when_a_shell_would_split_it() {
        assert_eq!(quoted(Path::new("/usr/bin/rtcscope")), "/usr/bin/rtcscope");
        assert_eq!(
            quoted(Path::new("/my programs/it's")),
            r"'/my programs/it'\''s'"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn who_gave_up_its_rights_has_none_and_gets_no_new_ones() {
        let after = |raw| {
            let work = move || {
                give_up(raw);
                let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
                let value = |name: &str| {
                    let line = status.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap().trim().to_owned()
                };
                let rights = u64::from_str_radix(&value("CapEff:"), 16).unwrap();
                let started = std::process::Command::new("/bin/true").output();
                (rights, value("NoNewPrivs:"), started.is_ok())
            };
            std::thread::spawn(work).join().unwrap()
        };
        // Root may still write files (1 << 1), and who captures through libpcap open interfaces (1 << 13).
        let (rights, no_new, _) = after(Raw::GivenUp);
        assert_eq!((rights & !2, no_new.as_str()), (0, "1"));
        let (rights, no_new, started) = after(Raw::Kept);
        assert_eq!((rights & !(2 | 1 << 13), no_new.as_str()), (0, "1"));
        // Kernels have the fence or not.
        println!("other programs can be started: {started}");
    }
}
