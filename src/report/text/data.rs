//! Data channels of a call, one line each: `1 “chat” · open · ▲ 22 messages, 18 kB · ▼ 22 messages, 18 kB`.

use std::io;

use crate::report::text::call::Call;
use crate::report::text::figures::NO_BREAK;
use crate::report::text::figures::bytes;
use crate::report::text::figures::counted;
use crate::report::text::page::Page;
use crate::report::text::words::Words;
use crate::report::text::words::safe;
use crate::session::model::data::DataChannel;
use crate::vocab::address::Side;

/// Prints the data channels of a call.
pub fn print(call: Call<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let scene = &call.analysis.scene;
    let positions = call.connection.data_channels.iter();
    let own = positions.filter_map(|&position| scene.data_channels.get(position));
    for (position, data) in own.enumerate() {
        let words = Words::new().text(line(data));
        if position == 0 {
            page.field("Data", &words)?;
        } else {
            page.hanging(&words)?;
        }
    }
    Ok(())
}

/// What is known of a channel.
pub fn line(data: &DataChannel) -> String {
    let channel = &data.channel;
    let mut words = match &channel.label {
        Some(label) => vec![format!("{} “{}”", data.id, safe(label, LABEL_MAX))],
        None => vec![format!("{}, its opening was not seen", data.id)],
    };
    if let Some(protocol) = channel.protocol.as_ref().filter(|name| !name.is_empty()) {
        words.push(safe(protocol, LABEL_MAX));
    }
    words.push(format!("{} (inferred)", data.state()));
    if channel.ordered == Some(false) {
        words.push("unordered".to_owned());
    }
    for (side, glyph) in [(Side::A, "▲"), (Side::B, "▼")] {
        if let Some((messages, size)) = data.sent_by(side) {
            words.push(format!(
                "{glyph}{NO_BREAK}{}, {}",
                counted(messages, "message"),
                bytes(size)
            ));
        }
    }
    words.join(" · ")
}

/// Characters of a label.
const LABEL_MAX: usize = 40;
