//! The terminal, and the loop: events to actions, actions to effects, the state to the screen.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event;
use ratatui::crossterm::event::DisableMouseCapture;
use ratatui::crossterm::event::EnableMouseCapture;
use ratatui::crossterm::event::Event;
use ratatui::crossterm::event::KeyEventKind;
use ratatui::crossterm::event::MouseButton;
use ratatui::crossterm::event::MouseEvent;
use ratatui::crossterm::event::MouseEventKind;
use ratatui::crossterm::execute;

use crate::analyzer::analysis::Analysis;
use crate::analyzer::pipeline::Analyzer;
use crate::ingest::raw::Input;
use crate::ingest::source::Source;
use crate::lessons::lesson::Lesson;
use crate::tui::action::Pointer;
use crate::tui::config::Config;
use crate::tui::effect::News;
use crate::tui::keys::Keys;
use crate::tui::keys::Waited;
use crate::tui::load::load;
use crate::tui::reopen::Opener;
use crate::tui::screens::render;
use crate::tui::state::Page;
use crate::tui::state::State;
use crate::tui::suspend::Mouse;
use crate::tui::suspend::Stop;
use crate::tui::suspend::Stops;
use crate::tui::teach;
use crate::tui::theme::Theme;
use crate::tui::update;
use crate::tui::watch::Watch;
use crate::tui::worker::Worker;

/// How the program starts.
#[derive(Debug)]
pub struct Setup {
    /// Colours and shapes.
    pub theme: Theme,
    /// The user's settings.
    pub config: Config,
    /// Where settings are remembered.
    pub config_path: Option<PathBuf>,
    /// What of the settings was left out: printable sentences.
    pub ignored: Vec<String>,
    /// What `source` was opened from, to read it again.
    pub inputs: Vec<Input>,
    /// Key logs that `analyzer` knows.
    pub key_logs: Vec<PathBuf>,
    /// Opens other captures.
    pub opener: Opener,
    /// Mask addresses and names from the start?
    pub private: bool,
    /// Lessons to begin with.
    pub lessons: Option<Lessons>,
    /// The built-in capture that is opened; `None` for the user's own.
    pub built_in: Option<String>,
    /// The way to be stopped, and to go on.
    pub stops: Stops,
}

/// Lessons to begin with.
#[derive(Debug)]
pub struct Lessons {
    /// The lessons.
    pub list: Vec<Lesson>,
    /// The number of the one to open; `None`: go on where the user left.
    pub number: Option<u32>,
}

/// Shows `source` in the terminal until the user leaves; `analyzer` may know key logs already.
///
/// # Errors
///
/// The terminal can't be used, or reading ended in a bug of ours. The terminal is as it was before in any case.
pub fn run(source: Source, analyzer: Analyzer, setup: Setup) -> io::Result<()> {
    show(source, analyzer, setup, None).map(|_| ())
}

/// Shows a capture that runs until the user leaves, a signal comes or the terminal is gone, then ends it. Gives what is known when the last packet was
/// taken in.
///
/// # Errors
///
/// As [`run`]; the capture was ended in any case.
pub fn watch(
    source: Source,
    analyzer: Analyzer,
    setup: Setup,
    watch: Watch,
) -> io::Result<Option<Arc<Analysis>>> {
    show(source, analyzer, setup, Some(watch))
}

fn show(
    source: Source,
    analyzer: Analyzer,
    setup: Setup,
    mut watch: Option<Watch>,
) -> io::Result<Option<Arc<Analysis>>> {
    let names: Vec<String> = source
        .files()
        .iter()
        .map(|file| file.path.clone())
        .collect();
    let index = source.index();
    let (sender, news) = mpsc::channel();
    let (first, first_news) = mpsc::channel();
    let stop = Arc::new(AtomicBool::new(false));
    let order = index.order().cloned();
    let live = watch.as_ref().map(|watch| watch.live.clone());
    let worker = Worker::new(index, sender, first_news).watching(live.clone());
    let mut worker = worker.opening(setup.opener);
    setup.stops.take_over();
    let mut terminal = ratatui::try_init()?;
    release_mouse_on_panic();
    let size = terminal.size()?;
    let mut state = State::new(names, setup.theme, (size.width, size.height));
    state.private = setup.private;
    state.inputs = setup.inputs;
    state.key_logs = setup.key_logs;
    state.configure(setup.config, setup.config_path);
    if let Some(first) = setup.ignored.first() {
        state.complain(format!("{first}: ignored"));
    }
    state.packets.order = order;
    state.live = watch.as_ref().map(Watch::view);
    teach::begin(&mut state);
    state.learn.built_in = setup.built_in;
    if let Some(lessons) = setup.lessons {
        state.page = Page::Learn;
        state.learn.lessons = lessons.list.into();
        match lessons.number {
            Some(number) => state.learn.begin(number),
            None => state.learn.prepare(),
        }
    }
    let stopped = Arc::clone(&stop);
    let runs = live.is_some();
    let loader = thread::spawn(move || load(source, analyzer, &first, &stopped, runs));
    let outcome = execute!(io::stdout(), EnableMouseCapture).and_then(|()| {
        talk(
            &mut terminal,
            &mut state,
            &mut worker,
            &news,
            &loader,
            &mut watch,
            &setup.stops,
        )
    });
    stop.store(true, Ordering::Relaxed);
    let released = execute!(io::stdout(), DisableMouseCapture);
    let restored = ratatui::try_restore();
    // A capture is ended whatever became of the terminal, and read to its end: what came is written.
    let known = live.and_then(|live| {
        live.control().stop();
        loader.join().ok().flatten()
    });
    outcome.and(released).and(restored)?;
    Ok(known)
}

/// `ratatui` restores the rest; reporting the mouse is ours to stop.
fn release_mouse_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let _ = execute!(io::stdout(), DisableMouseCapture);
        before(info);
    }));
}

/// Draws when something changed, until the user leaves.
fn talk(
    terminal: &mut DefaultTerminal,
    state: &mut State,
    worker: &mut Worker,
    news: &Receiver<News>,
    loader: &thread::JoinHandle<Option<Arc<Analysis>>>,
    watch: &mut Option<Watch>,
    stops: &Stops,
) -> io::Result<()> {
    let mut changed = true;
    let keys = Keys::new();
    while !state.quit && !stops.is_over() {
        if std::mem::take(&mut state.suspend) {
            stops.ask();
        }
        if let Some(stop) = stops.heed(terminal, Mouse::Taken)? {
            if stops.is_over() {
                break;
            }
            let size = terminal.size()?;
            state.size = (size.width, size.height);
            if stop == Stop::Refused {
                state.complain("there is no shell to go back to");
            }
            changed = true;
        }
        if changed {
            // What was read may ask for more: where an instant is, then the frames around it; a capture, then its step.
            for _ in 0..SETTLED_AFTER {
                let effects = update::settle(state);
                if effects.is_empty() {
                    break;
                }
                worker.perform(effects, state);
            }
            terminal.draw(|frame| render(frame, state))?;
        }
        changed = false;
        let mut waited = keys.wait(patience(state))?;
        // Whatever piled up while drawing is taken before the next picture.
        while waited == Waited::Keys && !state.quit {
            changed |= take(&event::read()?, state, worker);
            waited = keys.wait(Duration::ZERO)?;
        }
        if waited == Waited::HungUp {
            return Err(io::Error::other("the terminal is gone"));
        }
        if let Some(watch) = watch {
            changed |= watch.look(state);
        }
        // Asked before the news are taken: who is through has said everything.
        let reading = !loader.is_finished() || worker.is_reopening();
        while let Some(news) = news.try_recv().ok().or_else(|| worker.read()) {
            worker.hear(&news);
            let effects = update::hear(state, news);
            worker.perform(effects, state);
            changed = true;
        }
        if state.loading.is_some() && !reading && !changed {
            return Err(io::Error::other(
                "reading the capture ended unexpectedly: this is a bug in rtcscope",
            ));
        }
    }
    Ok(())
}

/// How long to wait for a key before looking at the news.
fn patience(state: &State) -> Duration {
    let scanning = state
        .packets_shown()
        .and_then(|packets| packets.matches.as_ref())
        .is_some_and(|matches| !matches.done);
    if state.loading.is_some() || state.saving || scanning || state.is_judging() {
        BUSY
    } else {
        IDLE
    }
}

/// Takes one event; gives whether the picture may have changed.
fn take(event: &Event, state: &mut State, worker: &mut Worker) -> bool {
    let effects = match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => update::press(state, *key),
        Event::Mouse(mouse) => match pointer(*mouse) {
            Some(pointer) => update::point(state, pointer),
            None => return false,
        },
        Event::Resize(columns, rows) => {
            state.size = (*columns, *rows);
            Vec::new()
        }
        _ => return false,
    };
    worker.perform(effects, state);
    true
}

const fn pointer(mouse: MouseEvent) -> Option<Pointer> {
    let (x, y) = (mouse.column, mouse.row);
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Pointer::Click(x, y)),
        MouseEventKind::Drag(MouseButton::Left) => Some(Pointer::Drag(x, y)),
        MouseEventKind::Up(MouseButton::Left) => Some(Pointer::Release(x, y)),
        MouseEventKind::ScrollUp => Some(Pointer::Wheel(x, y, -WHEEL_LINES)),
        MouseEventKind::ScrollDown => Some(Pointer::Wheel(x, y, WHEEL_LINES)),
        _ => None,
    }
}

/// Rounds of reading before a picture, at most: what can't be read is asked for again and again.
const SETTLED_AFTER: usize = 4;
/// Patience while something is going on in the background.
const BUSY: Duration = Duration::from_millis(40);
/// Patience otherwise: keys interrupt it at once.
const IDLE: Duration = Duration::from_millis(500);
/// Lines that the wheel moves.
const WHEEL_LINES: i16 = 3;
