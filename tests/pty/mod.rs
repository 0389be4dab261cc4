//! The program itself in a terminal of its own: keys in, a screen out.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test uses a part of it, and one that cannot go on fails"
)]

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtyPair, PtySize, native_pty_system};

/// The program in a terminal of its own.
pub struct Session {
    pub pair: PtyPair,
    pub child: Box<dyn Child + Send + Sync>,
    pub keys: Box<dyn Write + Send>,
    pub output: Receiver<Vec<u8>>,
    pub screen: vt100::Parser,
    pub raw: Vec<u8>,
}

impl Session {
    pub fn start(arguments: &[&str], size: (u16, u16)) -> Self {
        Self::start_with(arguments, size, "no/such/config.toml".as_ref())
    }

    pub fn start_with(arguments: &[&str], size: (u16, u16), config: &Path) -> Self {
        Self::start_in(arguments, size, config, "/dev/null/no-home".as_ref())
    }

    /// With a data directory of its own, where progress is remembered.
    pub fn start_at_home(arguments: &[&str], size: (u16, u16), home: &Path) -> Self {
        Self::start_in(arguments, size, "no/such/config.toml".as_ref(), home)
    }

    fn start_in(arguments: &[&str], size: (u16, u16), config: &Path, home: &Path) -> Self {
        Self::start_command(Self::program(arguments, config, home), size)
    }

    fn program(arguments: &[&str], config: &Path, home: &Path) -> CommandBuilder {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rtcscope"));
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        // What the one who runs the tests has set is theirs.
        command.env("RTCSCOPE_CONFIG", config);
        command.env("XDG_DATA_HOME", home);
        command.env("HOME", home);
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        command
    }

    /// With a key log in the environment.
    pub fn start_keyed(arguments: &[&str], size: (u16, u16), keys: &Path) -> Self {
        let mut command = Self::program(
            arguments,
            "no/such/config.toml".as_ref(),
            "/dev/null/no-home".as_ref(),
        );
        command.env("SSLKEYLOGFILE", keys);
        Self::start_command(command, size)
    }

    /// A shell with job control, whose prompt is `$ `, and which knows the program as `rtcscope`.
    pub fn start_shell(size: (u16, u16)) -> Self {
        let mut command = CommandBuilder::new("bash");
        command.args(["--noprofile", "--norc", "-i"]);
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env("PS1", "prompt$ ");
        command.env("HISTFILE", "");
        let program = Path::new(env!("CARGO_BIN_EXE_rtcscope")).parent().unwrap();
        let others = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{others}", program.display()));
        command.env("RTCSCOPE_CONFIG", "no/such/config.toml");
        command.env("XDG_DATA_HOME", "/dev/null/no-home");
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        let mut session = Self::start_command(command, size);
        session.shows(&["prompt$ "]);
        session
    }

    fn start_command(command: CommandBuilder, (columns, rows): (u16, u16)) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(
            NonZeroU16::new(rows).unwrap(),
            NonZeroU16::new(columns).unwrap(),
            0,
        );
        Self {
            pair,
            child,
            keys,
            output,
            screen,
            raw: Vec::new(),
        }
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until all `words` are on the screen.
    #[track_caller]
    pub fn shows(&mut self, words: &[&str]) {
        let until = Instant::now() + PATIENCE;
        loop {
            let text = self.screen.screen().contents();
            let missing = words.iter().find(|words| !text.contains(**words));
            let Some(missing) = missing else {
                return;
            };
            match self
                .output
                .recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                Ok(bytes) => self.take(&bytes),
                Err(mpsc::RecvTimeoutError::Timeout | mpsc::RecvTimeoutError::Disconnected) => {
                    panic!("{missing} did not come up:\n{text}")
                }
            }
        }
    }

    pub fn take(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.screen.process(bytes);
    }

    /// Takes the terminal away. It is gone when the program writes the next time.
    pub fn hang_up(&mut self) {
        self.output = mpsc::channel().1;
        self.keys = Box::new(std::io::sink());
        self.pair = native_pty_system().openpty(PtySize::default()).unwrap();
    }

    /// Waits for the end of the program; gives whether it was a good one.
    pub fn ends(&mut self) -> bool {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            while let Ok(bytes) = self.output.try_recv() {
                self.take(&bytes);
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
                    self.take(&bytes);
                }
                return status.success();
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!(
            "the program did not end:\n{}",
            self.screen.screen().contents()
        );
    }

    pub fn wrote(&self, sequence: &str) -> bool {
        self.raw
            .windows(sequence.len())
            .any(|bytes| bytes == sequence.as_bytes())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // After a failed test the program must not outlive it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
