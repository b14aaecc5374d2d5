//! XML, and Maven's `pom.xml` above all: elements are added beside their kind, in the order that Maven's own conventions give.

mod maven;
mod model;
mod pointer;
mod read;
mod write;

use serde_json::{Map, Value};

pub(crate) use self::read::{Element, parse};
use self::{
    maven::{identity, slot},
    model::{at_mut, model_of},
    pointer::Step,
    write::Manner,
};
pub(super) use self::{model::wanted_value, pointer::parts};
use super::{
    Candidate, Grammar, Wanted, left,
    text::{self, Edit},
    value,
};
use crate::error::Fault;

pub(super) const GRAMMAR: Grammar = Grammar { model: |text| Ok(parse(text)?.model()), add, take, comments: &["<!--"] };

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
    use super::{read::unescape, write::escape};
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
