//! Descriptions as comments.

use serde_json::Value;

/// Columns of a line.
const WIDTH: usize = 120;

/// What a schema says of itself, as lines of their own.
pub(super) fn comment(schema: &Value, indent: &str) -> String {
    let Some(said) = schema.get("description").and_then(Value::as_str) else { return String::new() };
    // Links within the core lead nowhere here.
    let said = said.replace("[`", "`").replace("`]", "`");
    let line = format!("{indent}/** {said} */\n");
    if line.trim_end().chars().count() <= WIDTH && !said.contains('\n') {
        return line;
    }
    let margin = format!("{indent} * ");
    let paragraphs = said.split("\n\n").map(|paragraph| {
        if paragraph.starts_with("```") {
            let lines = paragraph.lines().map(|line| format!("{margin}{line}"));
            lines.collect::<Vec<_>>().join("\n")
        } else {
            filled(paragraph, &margin)
        }
    });
    let between = format!("\n{}\n", margin.trim_end());
    let paragraphs = paragraphs.collect::<Vec<_>>().join(&between);
    format!("{indent}/**\n{paragraphs}\n{indent} */\n")
}

/// Fills lines with words.
pub(super) fn filled(text: &str, margin: &str) -> String {
    let mut lines = Vec::new();
    let mut line = margin.to_owned();
    for word in text.split_whitespace() {
        if line != margin {
            if line.chars().count() + 1 + word.chars().count() > WIDTH {
                lines.push(std::mem::replace(&mut line, margin.to_owned()));
            } else {
                line.push(' ');
            }
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.join("\n")
}
