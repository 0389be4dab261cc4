//! The program without its terminal: a state, a worker, and a screen in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use rtcscope::analyzer::analysis::Analysis;
use rtcscope::analyzer::pipeline::{Analyzer, analyze};
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Source;
use rtcscope::tui::effect::News;
use rtcscope::tui::screens::render;
use rtcscope::tui::state::State;
use rtcscope::tui::theme::{Theme, palette::Palette};
use rtcscope::tui::update;
use rtcscope::tui::worker::Worker;

pub(crate) const PLAIN: Theme = Theme::new(Palette::Plain, false);

pub(crate) struct Program {
    pub(crate) state: State,
    worker: Worker,
    news: Receiver<News>,
}

impl Program {
    /// A recorded call, loaded.
    pub(crate) fn open(name: &str, size: (u16, u16)) -> Self {
        Self::open_all(&[name], size)
    }

    /// Several of them, merged by time.
    pub(crate) fn open_all(names: &[&str], size: (u16, u16)) -> Self {
        let mut program = Self::start_all(names, size, |analysis| analysis);
        program.hear(News::Loaded);
        program
    }

    /// The same, with the analysis changed on the way, and before the end of the file was told.
    pub(crate) fn start(
        name: &str,
        size: (u16, u16),
        change: impl FnOnce(Analysis) -> Analysis,
    ) -> Self {
        Self::start_all(&[name], size, change)
    }

    fn start_all(
        names: &[&str],
        size: (u16, u16),
        change: impl FnOnce(Analysis) -> Analysis,
    ) -> Self {
        let inputs = names.iter().map(|name| Input::Path(capture(name)));
        let mut source = Source::open(inputs.collect()).unwrap();
        let names = names.iter().map(|name| format!("{name}.pcapng")).collect();
        let mut analyzer = Analyzer::default();
        analyze(&mut source, &mut analyzer, |_, _| true);
        let analysis = change(analyzer.into_analysis(source.files()));
        let (sender, news) = mpsc::channel();
        let mut program = Self {
            state: State::new(names, PLAIN, size),
            worker: Worker::new(source.index(), sender, mpsc::channel().1),
            news,
        };
        program.state.packets.order = source.index().order().cloned();
        program.hear(News::Snapshot(Arc::new(analysis), source.files().into()));
        program
    }

    pub(crate) fn hear(&mut self, news: News) {
        let effects = update::hear(&mut self.state, news);
        self.worker.perform(effects, &mut self.state);
    }

    /// Presses keys: words of `Enter Esc Tab BackTab Up Down Left Right End Home PageDown Backspace Del F1 Space`, or characters.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            let code = match key {
                "Enter" => KeyCode::Enter,
                "Esc" => KeyCode::Esc,
                "Tab" => KeyCode::Tab,
                "BackTab" => KeyCode::BackTab,
                "Up" => KeyCode::Up,
                "Down" => KeyCode::Down,
                "Left" => KeyCode::Left,
                "Right" => KeyCode::Right,
                "End" => KeyCode::End,
                "Home" => KeyCode::Home,
                "PageDown" => KeyCode::PageDown,
                "Backspace" => KeyCode::Backspace,
                "Del" => KeyCode::Delete,
                "F1" => KeyCode::F(1),
                "Space" => KeyCode::Char(' '),
                other => KeyCode::Char(other.chars().next().unwrap()),
            };
            let event = KeyEvent::new(code, KeyModifiers::NONE);
            let effects = update::press(&mut self.state, event);
            self.worker.perform(effects, &mut self.state);
            self.settle();
        }
        self
    }

    /// Types a line, character by character.
    pub(crate) fn type_in(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let key = if c == ' ' {
                "Space".to_owned()
            } else {
                c.to_string()
            };
            self.press(&key);
        }
        self
    }

    /// Opens the filter of the list shown, types one, and takes it.
    pub(crate) fn filter(&mut self, text: &str) -> &mut Self {
        self.press("/");
        // The line begins with the filter that is there.
        let clear = KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL);
        update::press(&mut self.state, clear);
        self.type_in(text).press("Enter")
    }

    /// Reads what is shown and waits for what is searched.
    pub(crate) fn settle(&mut self) {
        loop {
            let effects = update::settle(&mut self.state);
            let idle = effects.is_empty();
            self.worker.perform(effects, &mut self.state);
            let packets = self.state.packets_shown();
            let matches = packets.and_then(|packets| packets.matches.as_ref());
            if self.state.saving
                || self.state.is_judging()
                || matches.is_some_and(|matches| !matches.done)
            {
                let news = self
                    .news
                    .recv_timeout(Duration::from_secs(20))
                    .expect("the scan answers");
                self.hear(news);
            } else if idle {
                return;
            }
        }
    }

    pub(crate) fn draw(&mut self) -> Buffer {
        self.settle();
        let (width, height) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| render(frame, &self.state)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as text.
    pub(crate) fn text(&mut self) -> String {
        text(&self.draw())
    }
}

pub(crate) fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let rows = buffer.content.chunks(width);
    let lines = rows.map(|row| {
        let mut line = String::new();
        let mut covered = 0;
        for cell in row {
            // The column after a wide character is part of it.
            if covered > 0 {
                covered -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            covered = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
        }
        line.trim_end().to_owned() + "\n"
    });
    lines.collect()
}

pub(crate) fn capture(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("captures").join(name).join("capture.pcapng")
}
