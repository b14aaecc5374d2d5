//! `stagekit roadmap`: the stages as a tree, and where a word comes up in them.

use serde::Serialize;

use super::text;
use crate::{
    cli::RoadmapArgs,
    env::Env,
    error::Result,
    output::{Ink, Output, Palette, pad},
    roadmap::{Item, Roadmap, Stage},
};

/// Shows the roadmap, one stage of it, or what a search finds.
pub fn run(args: &RoadmapArgs, env: &mut Env) -> Result<()> {
    // 1. The roadmap, and which of its kits are there.
    let roadmap = env.catalog.roadmap()?;
    let shelf = Shelf { ready: env.catalog.kit_names(), others: others(&roadmap, env)? };
    // 2. The stages asked for.
    let stages: Vec<&Stage> = match args.stage {
        Some(number) => vec![roadmap.stage(number)?],
        None => roadmap.stage.iter().collect(),
    };
    let is_whole = args.stage.is_none();
    // 3. What is searched for, or all of it.
    match &args.search {
        Some(word) => {
            let hits = search(&roadmap, &stages, is_whole, word);
            if args.json {
                return env.out.json(&Found { search: word, matches: hits.iter().map(|hit| hit.data(&shelf)).collect() });
            }
            print_hits(&mut env.out, &shelf, word, &hits);
            if hits.is_empty() {
                let texts = stages.iter().flat_map(|stage| stage.items()).chain(&roadmap.idea).map(|item| item.text.as_str());
                if let Some(near) = text::nearest_word(word, texts) {
                    env.out.hint(format!("did you mean `{near}`?"));
                }
            }
        }
        None if args.json => return env.out.json(&data(&roadmap, &stages, is_whole, &shelf)),
        None if is_whole => print_overview(&mut env.out, &roadmap, &shelf),
        None => stages.iter().for_each(|stage| print_stage(&mut env.out, &roadmap, stage, &shelf)),
    }
    Ok(())
}

/// The kits there are.
struct Shelf {
    /// All of them.
    ready: Vec<String>,
    /// Those that the roadmap does not name, with their stage: somebody's own.
    others: Vec<(u32, Item)>,
}

impl Shelf {
    fn status(&self, kit: &str) -> Status {
        if self.ready.iter().any(|ready| ready == kit) { Status::Ready } else { Status::Planned }
    }

    fn kits(&self, names: &[String]) -> Vec<KitData> {
        names.iter().map(|name| KitData { name: name.clone(), status: self.status(name) }).collect()
    }

    /// Somebody's own kits of this stage, as if the roadmap named them.
    fn others_of(&self, stage: u32) -> Vec<Item> {
        self.others.iter().filter(|(number, _)| *number == stage).map(|(_, item)| item.clone()).collect()
    }
}

fn others(roadmap: &Roadmap, env: &Env) -> Result<Vec<(u32, Item)>> {
    let named = roadmap.kits();
    let others = env.catalog.kit_names().into_iter().filter(|name| !named.contains(&name.as_str()));
    others
        .map(|name| {
            let kit = env.catalog.kit(&name)?;
            Ok((kit.stage, Item { text: kit.title, kits: vec![name], note: None }))
        })
        .collect()
}

// --- As a tree -------------------------------------------------------------------------------------------------------

fn print_overview(out: &mut Output, roadmap: &Roadmap, shelf: &Shelf) {
    let palette = out.palette();
    let named = roadmap.kits();
    let ready = named.iter().filter(|kit| shelf.status(kit) == Status::Ready).count();
    out.line(format!(
        "{}: {}, {ready} of {} ready",
        palette.paint(Ink::Heading, &roadmap.title),
        text::count(roadmap.stage.len(), "stage"),
        text::count(named.len(), "kit")
    ));
    for stage in &roadmap.stage {
        out.line("");
        out.line(format!("{:>2}  {}", stage.number, palette.paint(Ink::Heading, &stage.title)));
        if let Some(goal) = &stage.goal {
            out.paragraph("    Goal: ", "          ", goal);
        }
        for group in &stage.topics {
            if group.items.iter().any(|item| !item.kits.is_empty()) {
                out.line(format!("    {}:", group.heading));
                branches(out, shelf, "    ", group.items.iter());
            } else {
                let topics: Vec<&str> = group.items.iter().map(|item| in_short(&item.text)).collect();
                out.paragraph(&format!("    {}: ", group.heading), "      ", &topics.join("; "));
            }
        }
        branches(out, shelf, "    ", stage.practice.iter().chain(&shelf.others_of(stage.number)));
    }
    out.line("");
    out.line(palette.paint(Ink::Heading, "Timeline"));
    let widest = roadmap.timeline.iter().map(|span| span.months.chars().count()).max().unwrap_or(0);
    for span in &roadmap.timeline {
        let months = format!("    {}  ", pad(&span.months, widest));
        out.paragraph(&months, &" ".repeat(widest + 6), &format!("{} ({})", span.focus, stages(&span.stages)));
    }
    out.line("");
    out.line(palette.paint(Ink::Heading, "Project ideas"));
    branches(out, shelf, "    ", roadmap.idea.iter());
    out.hint("`stagekit roadmap --stage N` shows a stage with all its topics, `stagekit list` the kits that are ready");
}

fn print_stage(out: &mut Output, roadmap: &Roadmap, stage: &Stage, shelf: &Shelf) {
    let palette = out.palette();
    out.line(palette.paint(Ink::Heading, format!("Stage {}: {}", stage.number, stage.title)));
    if let Some(goal) = &stage.goal {
        out.paragraph("Goal: ", "      ", goal);
    }
    for span in roadmap.timeline.iter().filter(|span| span.stages.contains(&stage.number)) {
        out.line(format!("When: {} ({})", span.months, span.focus));
    }
    let others = shelf.others_of(stage.number);
    let groups = stage.topics.iter().map(|group| (group.heading.as_str(), &group.items));
    for (title, items) in
        groups.chain([("Practice", &stage.practice), ("Kits of your own", &others)]).filter(|(_, items)| !items.is_empty())
    {
        out.line("");
        out.line(palette.paint(Ink::Heading, title));
        branches(out, shelf, "", items.iter());
    }
    if let Some(kit) = stage.kits().into_iter().find(|kit| shelf.status(kit) == Status::Ready) {
        out.hint(format!("`stagekit show {kit}` tells more of the kit"));
    }
}

fn branches<'i>(out: &mut Output, shelf: &Shelf, indent: &str, items: impl Iterator<Item = &'i Item>) {
    let palette = out.palette();
    let mut items = items.peekable();
    while let Some(item) = items.next() {
        let (first, rest) = if items.peek().is_some() { ("├─ ", "│    ") } else { ("└─ ", "     ") };
        out.paragraph(&format!("{indent}{first}"), &format!("{indent}{rest}"), &with_kits(palette, shelf, item, &item.text));
    }
}

/// The text, the kits that serve it and whether they are there, the note.
fn with_kits(palette: Palette, shelf: &Shelf, item: &Item, said: &str) -> String {
    let kits: Vec<String> = item
        .kits
        .iter()
        .map(|kit| match shelf.status(kit) {
            Status::Ready => format!("{} {}", palette.paint(Ink::Name, kit), palette.paint(Ink::Good, "(ready)")),
            Status::Planned => format!("{} {}", palette.paint(Ink::Name, kit), palette.paint(Ink::Dim, "(planned)")),
        })
        .collect();
    let kits = if kits.is_empty() { String::new() } else { format!(" → {}", kits.join(", ")) };
    let note = item.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    format!("{said}{kits}{note}")
}

/// A topic without what is explained of it: up to the first parenthesis or colon.
fn in_short(topic: &str) -> &str {
    let end = topic.find(" (").unwrap_or(topic.len()).min(topic.find(": ").unwrap_or(topic.len()));
    &topic[..end]
}

fn stages(numbers: &[u32]) -> String {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    match numbers.as_slice() {
        [one] => format!("stage {one}"),
        [most @ .., last] => format!("stages {} and {last}", most.join(", ")),
        [] => "no stage".to_owned(),
    }
}

// --- What a search finds ---------------------------------------------------------------------------------------------

/// Where something was found.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Place {
    Title,
    Goal,
    Topic,
    Practice,
    Timeline,
    Idea,
}

struct Hit<'r> {
    stage: Option<&'r Stage>,
    place: Place,
    /// `Goal`, `Learn (SQL)`, `Month 1–2`, …
    label: &'r str,
    item: Item,
}

fn search<'r>(roadmap: &'r Roadmap, stages: &[&'r Stage], is_whole: bool, word: &str) -> Vec<Hit<'r>> {
    let said = |text: &str| Item { text: text.to_owned(), kits: Vec::new(), note: None };
    let mut places = Vec::new();
    for stage in stages {
        let mut add = |place, label, item| places.push(Hit { stage: Some(stage), place, label, item });
        add(Place::Title, "Title", said(&stage.title));
        if let Some(goal) = &stage.goal {
            add(Place::Goal, "Goal", said(goal));
        }
        for group in &stage.topics {
            group.items.iter().for_each(|item| add(Place::Topic, &group.heading, item.clone()));
        }
        stage.practice.iter().for_each(|item| add(Place::Practice, "Practice", item.clone()));
    }
    if is_whole {
        places.extend(roadmap.timeline.iter().map(|span| Hit {
            stage: None,
            place: Place::Timeline,
            label: &span.months,
            item: said(&span.focus),
        }));
        places.extend(roadmap.idea.iter().map(|item| Hit { stage: None, place: Place::Idea, label: "Idea", item: item.clone() }));
    }
    places.retain(|hit| text::find(&hit.item.text, word).is_some() || hit.item.kits.iter().any(|kit| text::find(kit, word).is_some()));
    places
}

fn print_hits(out: &mut Output, shelf: &Shelf, word: &str, hits: &[Hit<'_>]) {
    let palette = out.palette();
    let widest = hits.iter().map(|hit| hit.label.chars().count()).max().unwrap_or(0);
    let mut above = String::new();
    for hit in hits {
        let section = match (hit.stage, hit.place) {
            (Some(stage), _) => format!("Stage {}: {}", stage.number, stage.title),
            (None, Place::Timeline) => "Timeline".to_owned(),
            (None, _) => "Project ideas".to_owned(),
        };
        if section != above {
            if !above.is_empty() {
                out.line("");
            }
            out.line(palette.paint(Ink::Heading, &section));
            above = section;
        }
        let said = with_kits(palette, shelf, &hit.item, &marked(palette, &hit.item.text, word));
        out.paragraph(&format!("  {}  ", pad(hit.label, widest)), &" ".repeat(widest + 4), &said);
    }
    if hits.is_empty() {
        out.say(format!("nothing in the roadmap matches `{word}`"));
    }
}

/// The text with every place of the word set off.
fn marked(palette: Palette, text: &str, word: &str) -> String {
    let mut marked = String::new();
    let mut rest = text;
    while let Some(found) = text::find(rest, word).filter(|found| !found.is_empty()) {
        marked.push_str(&rest[..found.start]);
        let parts: Vec<String> = rest[found.clone()].split(' ').map(|part| palette.paint(Ink::Match, part)).collect();
        marked.push_str(&parts.join(" "));
        rest = &rest[found.end..];
    }
    marked + rest
}

// --- As data ---------------------------------------------------------------------------------------------------------

/// Whether a kit is there.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Status {
    Ready,
    Planned,
}

#[derive(Serialize)]
struct KitData {
    name: String,
    status: Status,
}

#[derive(Serialize)]
struct ItemData<'r> {
    text: &'r str,
    kits: Vec<KitData>,
    note: Option<&'r str>,
}

#[derive(Serialize)]
struct GroupData<'r> {
    heading: &'r str,
    items: Vec<ItemData<'r>>,
}

#[derive(Serialize)]
struct StageData<'r> {
    number: u32,
    title: &'r str,
    goal: Option<&'r str>,
    topics: Vec<GroupData<'r>>,
    practices: Vec<ItemData<'r>>,
    /// Kits of the catalogue that the roadmap does not name.
    other_kits: Vec<KitData>,
}

#[derive(Serialize)]
struct SpanData<'r> {
    months: &'r str,
    focus: &'r str,
    stages: &'r [u32],
}

#[derive(Serialize)]
struct RoadmapData<'r> {
    title: &'r str,
    stages: Vec<StageData<'r>>,
    timeline: Vec<SpanData<'r>>,
    ideas: Vec<ItemData<'r>>,
}

#[derive(Serialize)]
struct Found<'r> {
    search: &'r str,
    matches: Vec<HitData<'r>>,
}

#[derive(Serialize)]
struct HitData<'r> {
    stage: Option<u32>,
    place: Place,
    heading: &'r str,
    #[serde(flatten)]
    item: ItemData<'r>,
}

impl Hit<'_> {
    fn data(&self, kits: &Shelf) -> HitData<'_> {
        HitData { stage: self.stage.map(|stage| stage.number), place: self.place, heading: self.label, item: item_data(&self.item, kits) }
    }
}

fn item_data<'r>(item: &'r Item, shelf: &Shelf) -> ItemData<'r> {
    ItemData { text: &item.text, kits: shelf.kits(&item.kits), note: item.note.as_deref() }
}

/// The stages asked for; timeline and ideas of the whole roadmap, of one stage the parts of the timeline that name it.
fn data<'r>(roadmap: &'r Roadmap, stages: &[&'r Stage], is_whole: bool, shelf: &Shelf) -> RoadmapData<'r> {
    let items = |items: &'r [Item]| items.iter().map(|item| item_data(item, shelf)).collect();
    let is_shown = |numbers: &[u32]| stages.iter().any(|stage| numbers.contains(&stage.number));
    RoadmapData {
        title: &roadmap.title,
        stages: stages
            .iter()
            .map(|stage| StageData {
                number: stage.number,
                title: &stage.title,
                goal: stage.goal.as_deref(),
                topics: stage.topics.iter().map(|group| GroupData { heading: &group.heading, items: items(&group.items) }).collect(),
                practices: items(&stage.practice),
                other_kits: shelf.others_of(stage.number).iter().flat_map(|item| shelf.kits(&item.kits)).collect(),
            })
            .collect(),
        timeline: roadmap
            .timeline
            .iter()
            .filter(|span| is_whole || is_shown(&span.stages))
            .map(|span| SpanData { months: &span.months, focus: &span.focus, stages: &span.stages })
            .collect(),
        ideas: if is_whole { items(&roadmap.idea) } else { Vec::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::{in_short, stages};

    #[test]
    fn a_topic_in_short_is_what_stands_before_its_explanation() {
        assert_eq!(in_short("HTTP and REST fundamentals (methods, status codes)"), "HTTP and REST fundamentals");
        assert_eq!(in_short("Spring Core: Beans (all)"), "Spring Core");
        assert_eq!(in_short("UML basics"), "UML basics");
    }

    #[test]
    fn stages_are_read_out() {
        assert_eq!(stages(&[1, 2, 3]), "stages 1, 2 and 3");
        assert_eq!(stages(&[8]), "stage 8");
    }
}
