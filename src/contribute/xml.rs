//! XML, and Maven's `pom.xml` above all: elements are added beside their kind, in the order that Maven's own conventions give.

mod read;

use serde_json::{Map, Value};

use self::read::{Element, parse};
use super::{
    Candidate, Grammar, Wanted, left,
    text::{self, Edit},
    value,
};
use crate::error::Fault;

/// The order of a `project`'s children, from <https://maven.apache.org/developers/conventions/code.html#pom-code-convention>.
const PROJECT: &[&str] = &[
    "modelVersion",
    "parent",
    "groupId",
    "artifactId",
    "version",
    "packaging",
    "name",
    "description",
    "url",
    "inceptionYear",
    "organization",
    "licenses",
    "developers",
    "contributors",
    "mailingLists",
    "prerequisites",
    "modules",
    "scm",
    "issueManagement",
    "ciManagement",
    "distributionManagement",
    "properties",
    "dependencyManagement",
    "dependencies",
    "repositories",
    "pluginRepositories",
    "build",
    "reporting",
    "profiles",
];

/// The order of a `build`'s children, from <https://maven.apache.org/xsd/maven-4.0.0.xsd>.
const BUILD: &[&str] = &[
    "sourceDirectory",
    "scriptSourceDirectory",
    "testSourceDirectory",
    "outputDirectory",
    "testOutputDirectory",
    "extensions",
    "defaultGoal",
    "resources",
    "testResources",
    "directory",
    "finalName",
    "filters",
    "pluginManagement",
    "plugins",
];

pub(super) const GRAMMAR: Grammar = Grammar { model: |text| Ok(parse(text)?.model()), add, take, comments: &["<!--"] };

/// The parts of a pointer: names, each with a child that tells it from its likes (`profile[id=ci]`), if need be.
pub(super) fn parts(pointer: &str) -> Result<Vec<String>, String> {
    let mut parts = vec![String::new()];
    let mut is_inside = false;
    for c in pointer.chars() {
        match c {
            '/' if !is_inside => parts.push(String::new()),
            _ => {
                is_inside = (is_inside || c == '[') && c != ']';
                if let Some(part) = parts.last_mut() {
                    part.push(c);
                }
            }
        }
    }
    for part in &parts {
        let step = Step::of(part);
        let is_whole = step.child.is_some() == part.contains(['[', ']']);
        if !is_name(step.name) || !is_whole || step.child.is_some_and(|(child, _)| !is_name(child)) {
            return Err(format!("has the pointer `{pointer}`, which is not a path of element names from the root, as in `project/build`"));
        }
    }
    Ok(parts)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(|c| c.is_alphanumeric() || "_-.:".contains(c))
}

/// One part of a pointer.
struct Step<'p> {
    name: &'p str,
    child: Option<(&'p str, &'p str)>,
}

impl<'p> Step<'p> {
    fn of(part: &'p str) -> Self {
        let selected = part.strip_suffix(']').and_then(|part| part.split_once('['));
        match selected.and_then(|(name, child)| Some((name, child.split_once('=')?))) {
            Some((name, (child, text))) => Self { name, child: Some((child.trim(), text.trim())) },
            None => Self { name: part, child: None },
        }
    }

    fn fits(&self, element: &Element) -> bool {
        let has = |(name, text): (&str, &str)| element.children.iter().any(|child| child.name == name && child.text == text);
        element.name == self.name && self.child.is_none_or(has)
    }
}

/// What is asked for, in the form in which [`Element::value`] gives what is there: one value for each element.
pub(super) fn wanted_value(key: &str, value: &Value) -> Result<Vec<Value>, String> {
    fn normal(value: &Value) -> Result<Value, String> {
        match value {
            Value::String(text) => Ok(Value::from(text.trim())),
            Value::Object(table) => {
                let mut result = Map::new();
                for (name, value) in table {
                    if name != "$text" && !is_name(name.strip_prefix('@').unwrap_or(name)) {
                        return Err(format!("has the child `{name}`, which is no element's name"));
                    }
                    let value = normal(value)?;
                    if name.starts_with(['@', '$']) && !value.is_string() {
                        return Err(format!("has the attribute `{name}`, which is not a scalar"));
                    }
                    match value {
                        Value::Array(list) if list.is_empty() => {}
                        value => {
                            result.insert(name.clone(), value);
                        }
                    }
                }
                Ok(if result.is_empty() { Value::from("") } else { Value::Object(result) })
            }
            Value::Array(list) => {
                let mut all = list.iter().map(normal).collect::<Result<Vec<_>, _>>()?;
                if all.iter().any(Value::is_array) {
                    return Err("has a list in a list".to_owned());
                }
                Ok(if all.len() == 1 { all.remove(0) } else { Value::Array(all) })
            }
            other => Ok(Value::from(other.to_string())),
        }
    }
    if !is_name(key) {
        return Err("is no element's name".to_owned());
    }
    Ok(match normal(value)? {
        Value::Array(list) => list,
        value => vec![value],
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#13;")
}

/// What makes two elements the same one.
#[derive(PartialEq)]
enum Identity {
    Artifact([String; 4]),
    Id(String),
    Whole(Value),
    Name,
}

fn identity(container: &str, name: &str, value: &Value) -> Identity {
    let field = |field: &str, default: &str| value.get(field).and_then(Value::as_str).unwrap_or(default).to_owned();
    if matches!(name, "dependency" | "plugin" | "extension" | "exclusion") && value.get("artifactId").is_some() {
        let group = if name == "plugin" { "org.apache.maven.plugins" } else { "" };
        return Identity::Artifact([field("groupId", group), field("artifactId", ""), field("type", "jar"), field("classifier", "")]);
    }
    let container = container.to_lowercase();
    let name = name.to_lowercase();
    let plurals = [format!("{name}s"), format!("{name}es"), format!("{}ies", name.strip_suffix('y').unwrap_or("\n"))];
    if !plurals.iter().any(|plural| container.ends_with(plural)) {
        return Identity::Name;
    }
    match value.get("id").and_then(Value::as_str) {
        Some(id) => Identity::Id(id.to_owned()),
        None => Identity::Whole(value.clone()),
    }
}

/// The path from the element that is wanted to what `parts` point at, if that is inside it.
pub(super) fn path_inside(wanted: &Wanted, parts: &[String]) -> Option<Vec<String>> {
    let (first, rest) = parts.strip_prefix(wanted.parts.as_slice())?.split_first()?;
    let step = Step::of(first);
    let has = |(child, text): (&str, &str)| wanted.value.get(child).and_then(Value::as_str) == Some(text);
    let fits = step.name == wanted.key && step.child.is_none_or(has);
    fits.then(|| rest.iter().map(|part| Step::of(part).name.to_owned()).collect())
}

/// Elements from the root down, each with the position of the next one among its children.
type Chain<'e> = Vec<(&'e Element, usize)>;

/// As far as the pointer leads, and how many of its parts that is.
fn walk<'e>(text: &str, root: &'e Element, wanted: &Wanted) -> Result<(Chain<'e>, &'e Element, usize), Fault> {
    let mut chain = Vec::new();
    let mut element = root;
    for (taken, part) in wanted.parts.iter().enumerate() {
        let step = Step::of(part);
        if taken == 0 {
            if !step.fits(root) {
                let fault = wanted.fault(format!("the root is `{}`, where `{}` requires `{}`", root.name, wanted.name(), step.name));
                return Err(fault.at(text::line_number(text, root.start)));
            }
            continue;
        }
        let mut found = element.children.iter().enumerate().filter(|(_, child)| step.fits(child));
        let Some((index, child)) = found.next() else { return Ok((chain, element, taken)) };
        if let Some((_, second)) = found.next() {
            let fault = wanted.fault(format!("there are several `{part}` in `{}`", element.name));
            let fault = fault.at(text::line_number(text, second.start));
            return Err(fault.hint(format!("say which one, as in `{}[id=…]`", step.name)));
        }
        chain.push((element, index));
        element = child;
    }
    Ok((chain, element, wanted.parts.len()))
}

/// The position of the element with this identity.
fn position(container: &Element, name: &str, value: &Value) -> Option<usize> {
    let identity_of = |value: &Value| identity(&container.name, name, value);
    let sought = identity_of(value);
    container.children.iter().position(|child| child.name == name && identity_of(&child.value()) == sought)
}

/// The model at the end of a chain.
fn at_mut<'m>(model: &'m mut Value, chain: &[(&Element, usize)]) -> Option<&'m mut Vec<Value>> {
    let mut children = model.get_mut(3)?.as_array_mut()?;
    for (_, index) in chain {
        children = children.get_mut(*index)?.get_mut(3)?.as_array_mut()?;
    }
    Some(children)
}

/// The model of an element that is to be written.
fn model_of(name: &str, value: &Value) -> Vec<Value> {
    let one = |value: &Value| {
        let (mut attributes, mut text, mut children) = (Vec::new(), "", Vec::new());
        match value {
            Value::Object(table) => {
                for (name, value) in table {
                    match (name.strip_prefix('@'), value.as_str()) {
                        (Some(name), Some(value)) => attributes.push(Value::from(vec![name, value])),
                        (None, Some(value)) if name == "$text" => text = value,
                        _ => children.extend(model_of(name, value)),
                    }
                }
            }
            value => text = value.as_str().unwrap_or_default(),
        }
        Value::from(vec![Value::from(name), attributes.into(), text.into(), children.into()])
    };
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        value => vec![one(value)],
    }
}

/// How a file is indented.
struct Manner {
    /// One level.
    step: String,
    /// The file's line end.
    eol: &'static str,
}

impl Manner {
    fn of(text: &str, root: &Element) -> Self {
        let mut elements = vec![root];
        let mut step = None;
        while let Some(element) = elements.pop() {
            let outer = text::indent(text, element.start).unwrap_or_default();
            let inner = element.children.first().and_then(|child| text::indent(text, child.start));
            if let Some(found) = inner.and_then(|inner| inner.strip_prefix(outer)).filter(|step| !step.is_empty()) {
                step = Some(found.to_owned());
                break;
            }
            elements.extend(element.children.iter().rev());
        }
        Self { step: step.unwrap_or_else(|| "  ".to_owned()), eol: text::eol(text) }
    }

    /// The element; on lines below the indentation `outer`, or all on one.
    fn write(&self, name: &str, value: &Value, outer: Option<&str>) -> String {
        let inner = outer.map(|outer| format!("{outer}{}", self.step));
        let Value::Object(table) = value else {
            let text = escape(value.as_str().unwrap_or_default()).replace('\n', self.eol);
            return if text.is_empty() { format!("<{name}/>") } else { format!("<{name}>{text}</{name}>") };
        };
        let (mut attributes, mut text, mut children) = (String::new(), String::new(), Vec::new());
        for (name, value) in table {
            match (name.strip_prefix('@'), value) {
                (Some(name), Value::String(value)) => {
                    let value = escape(value).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;");
                    attributes = format!("{attributes} {name}=\"{value}\"");
                }
                (None, Value::String(value)) if name == "$text" => text = escape(value).replace('\n', self.eol),
                (_, Value::Array(list)) => children.extend(list.iter().map(|value| self.write(name, value, inner.as_deref()))),
                (_, value) => children.push(self.write(name, value, inner.as_deref())),
            }
        }
        if children.is_empty() && text.is_empty() {
            return format!("<{name}{attributes}/>");
        }
        let children: String = match (outer, inner) {
            (Some(outer), Some(inner)) if !children.is_empty() => {
                let gap = format!("{}{inner}", self.eol);
                format!("{gap}{}{}{outer}", children.join(&gap), self.eol)
            }
            _ => children.concat(),
        };
        format!("<{name}{attributes}>{text}{children}</{name}>")
    }

    /// The edits that put an element into `parent` at `index`.
    fn insert(&self, text: &str, parent: &Element, index: usize, name: &str, value: &Value) -> Vec<Edit> {
        let eol = self.eol;
        let outer = text::indent(text, parent.start);
        let Some(inner) = &parent.inner else {
            let tag = text[..parent.end].trim_end_matches("/>").trim_end().len();
            let inside = match outer {
                Some(outer) => {
                    let inner = format!("{outer}{}", self.step);
                    format!("{eol}{inner}{}{eol}{outer}", self.write(name, value, Some(&inner)))
                }
                None => self.write(name, value, None),
            };
            return vec![Edit { range: tag..parent.end, text: format!(">{inside}</{}>", parent.name) }];
        };
        let own_line = |child: &Element| text::indent(text, child.start).filter(|_| text::line_start(text, child.start) >= inner.start);
        let before = index.checked_sub(1).and_then(|index| parent.children.get(index));
        match (before, parent.children.get(index)) {
            (Some(before), after) => {
                let Some(indent) = own_line(before) else { return vec![Edit::insert(before.end, self.write(name, value, None))] };
                let earlier = index.checked_sub(2).and_then(|index| parent.children.get(index));
                let is_blank_between = |a: &Element, b: &Element| {
                    let lines: Vec<&str> = text[a.end..b.start].split('\n').collect();
                    lines.get(1..lines.len().saturating_sub(1)).is_some_and(|inside| inside.iter().any(|line| text::is_blank(line)))
                };
                let is_set_off = earlier.is_some_and(|earlier| is_blank_between(earlier, before))
                    || (earlier.is_none() && after.is_some_and(|after| is_blank_between(before, after)));
                let rest = &text[before.end..text::line_end(text, before.end)];
                let is_rest = rest.trim().is_empty()
                    || (rest.trim().starts_with("<!--") && rest.trim().ends_with("-->") && rest.matches("<!--").count() == 1);
                let at = if is_rest { before.end + rest.trim_end().len() } else { before.end };
                let blank = if is_set_off { eol } else { "" };
                vec![Edit::insert(at, format!("{blank}{eol}{indent}{}", self.write(name, value, Some(indent))))]
            }
            (None, Some(after)) => match own_line(after) {
                Some(indent) => {
                    vec![Edit::insert(inner.start, format!("{eol}{indent}{}", self.write(name, value, Some(indent))))]
                }
                None => vec![Edit::insert(after.start, self.write(name, value, None))],
            },
            (None, None) => {
                let at = inner.start + text[inner.clone()].trim_end().len();
                let Some(outer) = outer else { return vec![Edit::insert(at, self.write(name, value, None))] };
                let indent = format!("{outer}{}", self.step);
                let written = format!("{eol}{indent}{}", self.write(name, value, Some(&indent)));
                if text[at..inner.end].contains('\n') {
                    vec![Edit::insert(at, written)]
                } else {
                    vec![Edit { range: at..inner.end, text: format!("{written}{eol}{outer}") }]
                }
            }
        }
    }
}

/// Among the children of `parent`, where a new one of this name goes.
fn slot(parent: &Element, name: &str) -> usize {
    let order = match parent.name.as_str() {
        "project" => PROJECT,
        "build" => BUILD,
        _ => &[],
    };
    let rank = |name: &str| order.iter().position(|known| *known == name);
    match rank(name) {
        None => parent.children.len(),
        Some(own) => {
            let before = |child: &Element| rank(&child.name).is_some_and(|rank| rank <= own);
            let after = |child: &Element| rank(&child.name).is_some_and(|rank| rank > own);
            let behind = parent.children.iter().rposition(before).map(|index| index + 1);
            behind.or_else(|| parent.children.iter().position(after)).unwrap_or(parent.children.len())
        }
    }
}

fn add(text: &str, wanted: &Wanted) -> Result<Vec<Candidate>, Fault> {
    let root = parse(text).map_err(|broken| broken.fault(wanted))?;
    let (chain, at, taken) = walk(text, &root, wanted)?;
    if !at.text.is_empty() {
        let fault = wanted.fault(format!("`{}` holds text where `{}` requires elements: `{}`", at.name, wanted.name(), at.text));
        return Err(fault.at(text::line_number(text, at.start)));
    }
    let mut name = wanted.key.as_str();
    let mut value = wanted.value.clone();
    for part in wanted.parts[taken..].iter().rev() {
        let step = Step::of(part);
        let mut table: Map<String, Value> = step.child.iter().map(|(child, text)| ((*child).to_owned(), Value::from(*text))).collect();
        table.insert(name.to_owned(), value);
        (name, value) = (step.name, Value::Object(table));
    }
    if taken == wanted.parts.len()
        && let Some(there) = position(at, name, &value).and_then(|index| at.children.get(index))
    {
        return if wanted.is_met_by(&there.value()) {
            Ok(Vec::new())
        } else {
            Err(wanted.conflict(text::line_number(text, there.start), &there.value()))
        };
    }
    let index = slot(at, name);
    let mut expected = root.model();
    if let Some(children) = at_mut(&mut expected, &chain) {
        children.splice(index..index, model_of(name, &value));
    }
    Ok(vec![Candidate { edits: Manner::of(text, &root).insert(text, at, index, name, &value), expected }])
}

fn take(text: &str, wanted: &Wanted) -> Result<Vec<Candidate>, Fault> {
    let root = parse(text).map_err(|broken| broken.fault(wanted))?;
    let Ok((mut chain, at, taken)) = walk(text, &root, wanted) else { return Ok(Vec::new()) };
    if taken < wanted.parts.len() {
        return Ok(Vec::new());
    }
    let Some(index) = position(at, &wanted.key, &wanted.value) else { return Ok(Vec::new()) };
    let there = &at.children[index];
    if there.value() != wanted.value {
        let fault = left(wanted, &format!("it is `{}` now", value::show(&there.value())));
        return Err(fault.at(text::line_number(text, there.start)));
    }
    chain.push((at, index));
    let mut ways = Vec::new();
    let mut length = chain.len();
    while let Some(((container, index), above)) = chain[..length].split_last() {
        let element = &container.children[*index];
        let mut expected = root.model();
        if let Some(children) = at_mut(&mut expected, above) {
            children.remove(*index);
        }
        let rest = &text[element.end..text::line_end(text, element.end)];
        let mut edits = Vec::new();
        if text::indent(text, element.start).is_some() && text::is_blank(rest) {
            edits.push(text::cut_lines(text, element.start, element.end));
            edits.extend(text::cuts_with_blanks(text, element.start, element.end));
        }
        if let ([_], Some(inner)) = (container.children.as_slice(), &container.inner) {
            // A parent that was one tag, or empty, and held nothing.
            let tag = inner.start - 1;
            edits.extend(["/>", " />"].map(|close| Edit { range: tag..container.end, text: close.to_owned() }));
            edits.push(Edit::cut(inner.clone()));
        }
        if let Some(above) = text::line_start(text, element.start).checked_sub(1).filter(|_| text::indent(text, element.start).is_some()) {
            edits.push(Edit::cut(text::line_end(text, text::line_start(text, above))..element.end));
            edits.push(Edit::cut(text[..element.start].trim_end().len()..element.end));
        }
        edits.push(Edit::cut(element.start..element.end));
        ways.push(edits.into_iter().map(|edit| Candidate { edits: vec![edit], expected: expected.clone() }).collect::<Vec<_>>());
        // A parent that has nothing else, but for the child by which the pointer knows it, goes as well; the root stays.
        let step = wanted.parts.get(length - 1).map(|part| Step::of(part));
        let others: Vec<&Element> =
            container.children.iter().enumerate().filter(|(other, _)| other != index).map(|(_, child)| child).collect();
        let is_selector = |child: &&Element| step.as_ref().and_then(|step| step.child) == Some((child.name.as_str(), child.text.as_str()));
        let is_bare = container.text.is_empty() && !container.is_commented && container.attributes.is_empty();
        if length == 1 || !is_bare || !others.iter().all(is_selector) {
            break;
        }
        length -= 1;
    }
    ways.reverse();
    Ok(ways.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::{escape, read::unescape};
    use crate::contribute::{
        Contribution, Format,
        tests::{Case, at},
    };

    fn xml(pointer: &str, key: &str, value: &str) -> Contribution {
        at(Format::Xml, pointer, key, value)
    }

    const POM: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!-- ours -->
<project xmlns=\"http://maven.apache.org/POM/4.0.0\">
\t<modelVersion>4.0.0</modelVersion>
\t<artifactId>shop</artifactId> <!-- name -->

\t<properties>
\t\t<java.version>25</java.version>
\t</properties>

\t<build>
\t\t<plugins>
\t\t\t<plugin>
\t\t\t\t<artifactId>maven-surefire-plugin</artifactId>
\t\t\t</plugin>
\t\t\t<!-- end -->
\t\t</plugins>
\t</build>
</project>
";

    #[test]
    fn a_dependency_makes_its_list_where_maven_has_it() {
        let web = || xml("project/dependencies", "dependency", "{ groupId = 'org.x', artifactId = 'web' }");
        let test = || {
            let exclusion = "exclusions = { exclusion = [{ groupId = 'a', artifactId = 'b' }] }";
            xml("project/dependencies", "dependency", &format!("{{ groupId = 'org.x', artifactId = 'test', scope = 'test', {exclusion} }}"))
        };
        let list = "

\t<dependencies>
\t\t<dependency>
\t\t\t<groupId>org.x</groupId>
\t\t\t<artifactId>test</artifactId>
\t\t\t<scope>test</scope>
\t\t\t<exclusions>
\t\t\t\t<exclusion>
\t\t\t\t\t<groupId>a</groupId>
\t\t\t\t\t<artifactId>b</artifactId>
\t\t\t\t</exclusion>
\t\t\t</exclusions>
\t\t</dependency>
\t\t<dependency>
\t\t\t<groupId>org.x</groupId>
\t\t\t<artifactId>web</artifactId>
\t\t</dependency>
\t</dependencies>
";
        let after = POM.replace("\t</properties>\n", &format!("\t</properties>{list}"));
        Case::of(POM, &[web(), test()]).becomes(&after).and_back();
        Case::of(&POM.replace('\n', "\r\n"), &[web(), test()]).becomes(&after.replace('\n', "\r\n")).and_back();
        Case::of("<project></project>", &[web()])
            .becomes("<project>\n  <dependencies>\n    <dependency>\n      <groupId>org.x</groupId>\n      <artifactId>web</artifactId>\n    </dependency>\n  </dependencies>\n</project>");
        Case::of("<project><a>1</a></project>", &[web()])
            .becomes("<project><a>1</a><dependencies><dependency><groupId>org.x</groupId><artifactId>web</artifactId></dependency></dependencies></project>")
            .and_back();
    }

    #[test]
    fn plugins_properties_and_modules_are_known_by_what_they_are() {
        Case::of(POM, &[xml("project/build/plugins", "plugin", "{ groupId = 'org.x', artifactId = 'p', version = '${v}' }")])
            .becomes(&POM.replace(
                "</plugin>\n",
                "</plugin>\n\t\t\t<plugin>\n\t\t\t\t<groupId>org.x</groupId>\n\t\t\t\t<artifactId>p</artifactId>\n\t\t\t\t<version>${v}</version>\n\t\t\t</plugin>\n",
            ))
            .and_back();
        Case::of(POM, &[xml("project/build/plugins", "plugin", "{ artifactId = 'maven-surefire-plugin' }")]).stays();
        Case::of(POM, &[xml("project/properties", "a.b", "true")])
            .becomes(&POM.replace("25</java.version>\n", "25</java.version>\n\t\t<a.b>true</a.b>\n"))
            .and_back();
        Case::of(POM, &[xml("project/modules", "module", "['b', 'a']")])
            .becomes(
                &POM.replace(
                    "<!-- name -->\n",
                    "<!-- name -->\n\t<modules>\n\t\t<module>b</module>\n\t\t<module>a</module>\n\t</modules>\n",
                ),
            )
            .and_back();
        Case::of("<project>\n    <packaging>pom</packaging>\n\n    <modules>\n        <module>a</module>\n    </modules>\n</project>", &[
            xml("project", "modelVersion", "'4.0.0'"),
            xml("project/modules", "module", "'b'"),
        ])
        .becomes("<project>\n    <modelVersion>4.0.0</modelVersion>\n    <packaging>pom</packaging>\n\n    <modules>\n        <module>a</module>\n        <module>b</module>\n    </modules>\n</project>")
        .and_back();
    }

    #[test]
    fn a_child_tells_one_element_from_its_likes() {
        let plugin = "project/build/plugins/plugin[artifactId=maven-surefire-plugin]/configuration";
        Case::of(POM, &[xml(plugin, "groups", "'m1 | m2 & <x>'")])
            .becomes(&POM.replace(
                "surefire-plugin</artifactId>\n",
                "surefire-plugin</artifactId>\n\t\t\t\t<configuration>\n\t\t\t\t\t<groups>m1 | m2 &amp; &lt;x&gt;</groups>\n\t\t\t\t</configuration>\n",
            ))
            .and_back();
        let ci = "project/profiles/profile[id=ci]/build/plugins/plugin[artifactId=p]/executions";
        Case::of(
            "<project>\n  <a/>\n</project>\n",
            &[xml(ci, "execution", "{ id = 'x', goals = { goal = ['a', 'b'] }, configuration = { '@combine.self' = 'override' } }")],
        )
        .becomes(
            "<project>
  <a/>
  <profiles>
    <profile>
      <id>ci</id>
      <build>
        <plugins>
          <plugin>
            <artifactId>p</artifactId>
            <executions>
              <execution>
                <id>x</id>
                <goals>
                  <goal>a</goal>
                  <goal>b</goal>
                </goals>
                <configuration combine.self=\"override\"/>
              </execution>
            </executions>
          </plugin>
        </plugins>
      </build>
    </profile>
  </profiles>
</project>
",
        )
        .and_back();
    }

    #[test]
    fn one_contribution_may_stand_inside_another() {
        let both = [
            xml("project/build/plugins", "plugin", "{ artifactId = 'p', version = '1' }"),
            xml("project/build/plugins/plugin[artifactId=p]/configuration", "skip", "true"),
        ];
        Case::of(POM, &both)
            .becomes(&POM.replace(
                "</plugin>\n",
                "</plugin>\n\t\t\t<plugin>\n\t\t\t\t<artifactId>p</artifactId>\n\t\t\t\t<version>1</version>\n\t\t\t\t<configuration>\n\t\t\t\t\t<skip>true</skip>\n\t\t\t\t</configuration>\n\t\t\t</plugin>\n",
            ))
            .and_back();
    }

    #[test]
    fn what_cannot_be_is_said() {
        let java = || xml("project/properties", "java.version", "21");
        Case::of(POM, &[java()]).fails(&[
            "f:8: `project/properties/java.version` is `\"25\"`, not `\"21\"` as the contribution asks (make the two equal, or do without one of them)",
        ]);
        for (before, fault) in [
            ("<a/>", "f:1: the root is `a`, where `project/properties/java.version` requires `project`"),
            (
                "<project><properties>x</properties></project>",
                "f:1: `properties` holds text where `project/properties/java.version` requires elements: `x`",
            ),
            ("<project>\n", "f:2: is not XML: `project` is not closed, so `project/properties/java.version` cannot be placed in it"),
            ("<project/><b/>", "f:1: is not XML: it does not have one root, so `project/properties/java.version` cannot be placed in it"),
            (
                "<project><properties/><properties/></project>",
                "f:1: there are several `properties` in `project` (say which one, as in `properties[id=…]`)",
            ),
        ] {
            Case::of(before, &[java()]).fails(&[fault]);
        }
        Case::of("<project/>", &[xml("/project", "a", "1")]).fails(&[
            "f: the contribution `a` has the pointer `/project`, which is not a path of element names from the root, as in `project/build`",
        ]);
        Case::of("<project/>", &[xml("project", "a b", "1")]).fails(&["f: the contribution `a b` is no element's name"]);
    }

    #[test]
    fn what_was_changed_is_left() {
        Case::of(POM, &[xml("project/properties", "java.version", "21")])
            .keeps(POM, &["f:8: left `project/properties/java.version`: it is `\"25\"` now (take it out by hand)"]);
        Case::of(POM, &[xml("project/build/plugins", "plugin", "{ artifactId = 'maven-surefire-plugin' }")])
            .keeps(&POM.replace("\t\t\t<plugin>\n\t\t\t\t<artifactId>maven-surefire-plugin</artifactId>\n\t\t\t</plugin>\n", ""), &[]);
    }

    #[test]
    fn every_text_comes_back() {
        for text in ["", "a & b", "<![CDATA[x]]>", "&amp;", "&unknown", "\"'>"] {
            assert_eq!(unescape(&escape(text)), text);
        }
        assert_eq!(unescape("&#65;&#x42;&nbsp;&"), "AB&nbsp;&");
    }
}
