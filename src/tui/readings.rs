//! Who reads: what is shown, and what may take its place.
//!
//! Each reading tells its news on a channel of its own. One that another takes the place of is no longer listened to: what it still says is heard by
//! nobody, and it ends as soon as it notices.

use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::Sender;
use std::thread;
use std::thread::JoinHandle;

use crate::tui::effect::News;

/// The readings that go on.
#[derive(Debug)]
pub struct Readings {
    /// The one whose captures are shown, or will be.
    heard: Receiver<News>,
    /// One that was asked for, and has not opened its captures so far: when it can't, the one before goes on.
    asked: Option<Receiver<News>>,
    running: Vec<JoinHandle<()>>,
}

impl Readings {
    /// The first reading's news come on `first`.
    pub const fn new(first: Receiver<News>) -> Self {
        Self {
            heard: first,
            asked: None,
            running: Vec::new(),
        }
    }

    /// Begins another one; one that was asked for before, and has not begun, is forgotten.
    pub fn ask(&mut self, read: impl FnOnce(&Sender<News>) + Send + 'static) {
        let (sender, news) = mpsc::channel();
        self.asked = Some(news);
        self.running.retain(|reading| !reading.is_finished());
        self.running.push(thread::spawn(move || read(&sender)));
    }

    /// The next news, if there are any.
    pub fn hear(&mut self) -> Option<News> {
        if let Ok(news) = self.heard.try_recv() {
            return Some(news);
        }
        let asked = self.asked.take()?;
        match asked.try_recv() {
            Ok(news @ News::NotReopened(_)) => Some(news),
            Ok(news) => {
                // It has begun: from now on the one before speaks to nobody.
                self.heard = asked;
                Some(news)
            }
            Err(_) => {
                self.asked = Some(asked);
                None
            }
        }
    }

    /// Does one of them run that was asked for?
    pub fn is_busy(&self) -> bool {
        self.running.iter().any(|reading| !reading.is_finished())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::tui::state::loading::Loading;

    fn packets(packets: u64) -> News {
        News::Progress(Loading {
            packets,
            ..Loading::begun()
        })
    }

    fn next(readings: &mut Readings) -> String {
        for _ in 0..200 {
            if let Some(news) = readings.hear() {
                return match news {
                    News::Progress(loading) => loading.packets.to_string(),
                    News::Opened(_) => "opened".to_owned(),
                    News::NotReopened(text) => text,
                    other => format!("{other:?}"),
                };
            }
            thread::sleep(Duration::from_millis(5));
        }
        "nothing".to_owned()
    }

    #[test]
    fn late_news_of_a_reading_that_was_replaced_are_heard_by_nobody() {
        let (first, news) = mpsc::channel();
        let mut readings = Readings::new(news);
        first.send(packets(1)).unwrap();
        assert_eq!(next(&mut readings), "1");
        readings.ask(|news| {
            news.send(News::Opened(Box::default())).unwrap();
            news.send(packets(10)).unwrap();
            news.send(News::Loaded).unwrap();
        });
        assert_eq!(next(&mut readings), "opened");
        assert!(first.send(packets(2)).is_err(), "it is told to end");
        assert_eq!(next(&mut readings), "10");
        assert_eq!(next(&mut readings), "Loaded");
        assert!(readings.hear().is_none());
    }

    #[test]
    fn what_cannot_be_opened_lets_the_reading_before_go_on() {
        let (first, news) = mpsc::channel();
        let mut readings = Readings::new(news);
        readings.ask(|news| news.send(News::NotReopened("no".to_owned())).unwrap());
        assert_eq!(next(&mut readings), "no");
        first.send(packets(2)).unwrap();
        assert_eq!(next(&mut readings), "2");
    }

    #[test]
    fn the_latest_that_was_asked_for_is_read() {
        let (_first, news) = mpsc::channel();
        let mut readings = Readings::new(news);
        let (go, wait) = mpsc::channel::<()>();
        readings.ask(move |news| {
            wait.recv().unwrap();
            assert!(news.send(News::Opened(Box::default())).is_err());
        });
        readings.ask(|news| {
            news.send(News::Opened(Box::default())).unwrap();
            news.send(packets(20)).unwrap();
        });
        assert_eq!(next(&mut readings), "opened");
        go.send(()).unwrap();
        assert_eq!(next(&mut readings), "20");
        assert!(readings.hear().is_none());
    }
}
