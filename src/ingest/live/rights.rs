//! What the process may still do once the sockets are open: no more than it needs.
//!
//! Holds for the calling thread and those that it starts afterwards: called before any is.

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

/// Gives up every capability, but for root the ones to write files, and the way to any new one. Where the kernel has Landlock, no program can be
/// started and no TCP connection made or accepted any more.
///
/// Nothing here failing is worth ending for: the capture is as good, only the fence around it lower.
#[cfg(target_os = "linux")]
pub fn give_up() {
    use rustix::thread::CapabilitySet;
    use rustix::thread::CapabilitySets;

    // Root's files stay writable where others own the directory: what is written goes on after a rotation.
    let kept = if rustix::process::geteuid().is_root() {
        CapabilitySet::DAC_OVERRIDE
    } else {
        CapabilitySet::empty()
    };
    let _ = rustix::thread::set_no_new_privs(true);
    let _ = rustix::thread::set_capabilities(
        None,
        CapabilitySets {
            effective: kept,
            permitted: kept,
            inheritable: CapabilitySet::empty(),
        },
    );
    let _ = fence();
}

/// Nothing to give up that was taken.
#[cfg(not(target_os = "linux"))]
pub const fn give_up() {}

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
}
