//! One peer connection: verdict, who, path, setup, DTLS, media, findings.
//!
//! ```text
//! ✖ Call 1  alice → videoroom 100 (publisher)                     failed at checks
//!   ● signaling  ● gathering  ✖ checks  ○ nomination  ○ DTLS  ○ media  ○ steady      only where one broke
//!
//!   Cause     No candidate pair ever answered [finding-1]                    only where one is known
//!   Who       a  alice  192.168.10.2  offerer, controlling
//!             b  janus  203.0.113.10  answerer, controlled
//!   When      0.810 s to 17.005 s (16.2 s)
//!   State     connecting 0.851 s → connected 0.915 s → closed 17.005 s (inferred)
//!   Signaling offer 0.810 s (frame 166) → answer 0.845 s (frame 181) · session-1, janus over http
//!   Agreed    …
//!   Path      …
//!   DTLS      …
//!   Setup     signaling 12.0 ms · ICE 31.0 ms · DTLS 33.9 ms · first media after 60.2 ms
//!   Media     …
//! ```

use std::io;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::Confidence;
use crate::diagnosis::finding::Outcome;
use crate::diagnosis::finding::RungMark;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::finding::Verdict;
use crate::filter::shown::Shown;
use crate::report::conclusions::About;
use crate::report::conclusions::Conclusions;
use crate::report::text::agreed;
use crate::report::text::carrier::carrier;
use crate::report::text::data;
use crate::report::text::figures::NO_BREAK;
use crate::report::text::figures::frames;
use crate::report::text::figures::instant;
use crate::report::text::figures::span;
use crate::report::text::findings;
use crate::report::text::header;
use crate::report::text::media;
use crate::report::text::page::Page;
use crate::report::text::path;
use crate::report::text::security;
use crate::report::text::table::Align;
use crate::report::text::table::Table;
use crate::report::text::words::BAD;
use crate::report::text::words::BOLD;
use crate::report::text::words::DIM;
use crate::report::text::words::GOOD;
use crate::report::text::words::PLAIN;
use crate::report::text::words::POOR;
use crate::report::text::words::Words;
use crate::report::text::words::safe;
use crate::session::model::ice::IceRole;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::peer_connection::SignalingRole;
use crate::vocab::address::Side;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::parallel::map_in_order;

/// Prints all calls that are shown.
pub fn print_all(
    analysis: &Analysis,
    shown: Option<&Shown>,
    conclusions: &Conclusions<'_>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let connections = analysis.scene.peer_connections.iter().zip(0..);
    let calls: Vec<Call<'_>> = connections
        .map(|(connection, index)| (connection, PeerConnectionId(index)))
        .filter(|(_, id)| shown.is_none_or(|shown| shown.calls.contains(&id.index())))
        .map(|(connection, id)| Call {
            analysis,
            connection,
            id,
            about: conclusions.of_call(id),
        })
        .collect();
    for some in calls.chunks(CALLS_AT_ONCE) {
        for text in map_in_order(some, Call::text) {
            page.add(&text?)?;
        }
    }
    Ok(())
}

/// Calls whose text is kept in memory until all those before it are printed.
const CALLS_AT_ONCE: usize = 256;

/// A peer connection within its analysis.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Everything.
    pub analysis: &'a Analysis,
    /// The peer connection.
    pub connection: &'a PeerConnection,
    /// Its id.
    pub id: PeerConnectionId,
    /// What is concluded about it.
    pub about: Option<&'a About<'a>>,
}

impl<'a> Call<'a> {
    /// What is printed of it, below an empty line.
    fn text(&self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let mut page = Page::new(&mut text);
        page.blank()?;
        self.print(&mut page)?;
        Ok(text)
    }

    fn print(self, page: &mut Page<'_>) -> io::Result<()> {
        self.print_title(page)?;
        page.wrapped(2, 2, &self.stages())?;
        page.blank()?;
        page.field("Cause", &self.cause())?;
        self.who().print(page, "Who")?;
        page.field("When", &self.when())?;
        page.field("State", &self.states())?;
        page.field("Signaling", &self.signaling())?;
        agreed::print(self, page)?;
        path::print(self, page)?;
        security::print(self, page)?;
        page.field("Setup", &self.setup())?;
        media::print(self, page)?;
        data::print(self, page)?;
        if let Some(verdict) = self.verdict() {
            for (index, sentence) in verdict.cannot_tell.iter().enumerate() {
                let label = if index == 0 { "Unknown" } else { "" };
                page.field(label, &Words::new().long(sentence))?;
            }
        }
        let findings = self.about.map_or(&[][..], |about| &about.findings);
        findings::print(self.analysis, page, findings)
    }

    fn print_title(self, page: &mut Page<'_>) -> io::Result<()> {
        let outcome = self
            .verdict()
            .map_or(Outcome::Unknown, |verdict| verdict.outcome);
        let (glyph, style) = header::mark(outcome);
        let left = Words::new()
            .styled(style, glyph.to_string())
            .styled(
                BOLD,
                format!("{NO_BREAK}Call{NO_BREAK}{}{NO_BREAK} ", self.id.index() + 1),
            )
            .said_styled(BOLD, &self.connection.label);
        let mut right = Words::new().styled(style, header::words(outcome));
        if let Some(stage) = self.verdict().and_then(|verdict| verdict.stage) {
            right = right.styled(style, format!(" at{NO_BREAK}{}", stage.label()));
        }
        if self
            .verdict()
            .is_some_and(|verdict| verdict.confidence != Confidence::High)
        {
            let confidence = self
                .verdict()
                .map_or("low", |verdict| verdict.confidence.word());
            right = right.styled(DIM, format!(" ({confidence}{NO_BREAK}confidence)"));
        }
        page.title(&left, &right)
    }

    fn verdict(self) -> Option<&'a Verdict> {
        self.about.and_then(|about| about.verdict)
    }

    /// The finding that explains the outcome, in its own words; details stand below.
    fn cause(self) -> Words {
        let index = self.verdict().and_then(|verdict| verdict.cause);
        let finding = index.and_then(|index| Some((index, self.analysis.findings.get(index)?)));
        finding.map_or_else(Words::new, |(index, finding)| {
            let (_, style) = findings::mark(finding.severity);
            Words::new()
                .long_styled(style, &finding.title)
                .styled(DIM, format!(" [finding-{}]", index + 1))
        })
    }

    /// The name of a side: from signaling, else of its address, else `a` or `b`.
    pub fn name(self, side: Side) -> String {
        let endpoint = self.connection.endpoint(side);
        if let Some(name) = &endpoint.name {
            return safe(name, NAME_MAX);
        }
        let address = endpoint.addresses.first();
        let learned = address.and_then(|&address| self.analysis.scene.name_of(address));
        match (learned, address) {
            (Some(name), _) => safe(name, NAME_MAX),
            (None, Some(address)) => address.to_string(),
            (None, None) => format!("side{NO_BREAK}{}", side.word()),
        }
    }

    fn who(self) -> Table {
        let mut table = Table::new(&[Align::Left; 4]);
        for side in [Side::A, Side::B] {
            let endpoint = self.connection.endpoint(side);
            let name = self.name(side);
            let address = endpoint.addresses.first().map(ToString::to_string);
            let role = endpoint.role.map(SignalingRole::word);
            let roles: Vec<&str> = role.into_iter().chain(self.ice_role(side)).collect();
            table.row(
                PLAIN,
                [
                    side.word().into(),
                    name.clone(),
                    address
                        .filter(|address| *address != name)
                        .unwrap_or_default(),
                    roles.join(", "),
                ],
            );
        }
        table
    }

    fn ice_role(self, side: Side) -> Option<&'static str> {
        let role = match (self.connection.ice.role_a?, side) {
            (IceRole::Controlling, Side::A) | (IceRole::Controlled, Side::B) => {
                IceRole::Controlling
            }
            (IceRole::Controlled, Side::A) | (IceRole::Controlling, Side::B) => IceRole::Controlled,
        };
        Some(role.word())
    }

    fn when(self) -> Words {
        let scene = &self.analysis.scene;
        let (first, last) = (self.connection.first_at, self.connection.last_at);
        Words::from(format!(
            "{} to {} ({})",
            instant(scene.seconds(first)),
            instant(scene.seconds(last)),
            span(last.since(first))
        ))
    }

    fn states(self) -> Words {
        let scene = &self.analysis.scene;
        let history = &self.connection.state_history;
        let mut words = Words::new();
        for (index, change) in history.iter().take(STATES_SHOWN).enumerate() {
            if index > 0 {
                words = words.text(" → ");
            }
            let at = instant(scene.seconds(change.at));
            words = words.text(format!("{}{NO_BREAK}{at}", change.state.word()));
        }
        if history.len() > STATES_SHOWN {
            words = words.text(format!(" → … → {}", self.connection.state.word()));
        }
        if words.is_empty() {
            words
        } else {
            words.styled(DIM, " (inferred)")
        }
    }

    /// The ladder: which rungs were climbed, and which one broke. Only where one broke.
    fn stages(self) -> Words {
        let Some(verdict) = self.verdict() else {
            return Words::new();
        };
        let mut words = Words::new();
        for (index, stage) in Stage::LADDER.into_iter().enumerate() {
            let Some(mark) = verdict.mark(stage) else {
                return Words::new();
            };
            let (glyph, style) = match mark {
                RungMark::Passed => ('●', GOOD),
                RungMark::NotShown => ('?', DIM),
                RungMark::Degraded => ('◐', POOR),
                RungMark::Broken => ('✖', BAD),
                RungMark::Beyond => ('○', DIM),
            };
            if index > 0 {
                words = words.text(format!("{NO_BREAK} "));
            }
            words = words.styled(style, format!("{glyph}{NO_BREAK}{}", stage.label()));
            if mark == RungMark::NotShown {
                words = words.styled(DIM, format!("{NO_BREAK}(not{NO_BREAK}shown)"));
            }
        }
        words
    }

    fn signaling(self) -> Words {
        let scene = &self.analysis.scene;
        let mut words = Words::new();
        for (index, description) in self
            .connection
            .descriptions
            .iter()
            .take(DESCRIPTIONS_SHOWN)
            .enumerate()
        {
            if index > 0 {
                words = words.text(" → ");
            }
            let at = instant(scene.seconds(description.at));
            words = words
                .text(format!("{}{NO_BREAK}{at}", description.kind.word()))
                .styled(
                    DIM,
                    format!(" ({})", frames(&description.frames, &self.analysis.capture)),
                );
        }
        let more = self
            .connection
            .descriptions
            .len()
            .saturating_sub(DESCRIPTIONS_SHOWN);
        if more > 0 {
            words = words.text(format!(" and {more} more"));
        }
        if let Some(id) = self.connection.dialogue
            && let Some(dialogue) = scene.dialogues.get(id.index())
        {
            words = words.dot().text(format!(
                "session-{} ({} over {})",
                id.index() + 1,
                dialogue.protocol.word(),
                carrier(scene, dialogue)
            ));
        }
        if let Some((at, closed)) = &self.connection.closed_by_signaling {
            words = words
                .dot()
                .text(format!("closed {}", instant(scene.seconds(*at))))
                .styled(
                    DIM,
                    format!(" ({})", frames(closed, &self.analysis.capture)),
                );
        }
        words
    }

    fn setup(self) -> Words {
        let setup = self.connection.setup;
        let stages = [
            ("signaling", setup.signaling),
            ("ICE", setup.ice),
            ("DTLS", setup.dtls),
            ("first media after", setup.first_media),
        ];
        let mut words = Words::new();
        for (name, duration) in stages {
            if let Some(duration) = duration {
                words = words.dot().text(format!(
                    "{}{NO_BREAK}{}",
                    name.replace(' ', &NO_BREAK.to_string()),
                    span(duration)
                ));
            }
        }
        words
    }
}

/// Characters of a name.
const NAME_MAX: usize = 32;
/// State changes written out.
const STATES_SHOWN: usize = 6;
/// Descriptions written out.
const DESCRIPTIONS_SHOWN: usize = 4;
