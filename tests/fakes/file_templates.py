"""Templates that read files: one, two, and one beside a text. The little catalog's own come with them."""

from __future__ import annotations

import yaml

from agent.command import Start
from catalog.workflow import Template
from tests.fakes.little_catalog import read_templates

TEMPLATES = """
- id: data.count
  title: Count rows
  summary: Counts the rows.
  category: data
  asks: [count the rows, how many rows, rows in a file, size of a table]
  parameters:
    file: {kind: file, ask: "Which file?", label: File}
    output: {kind: file, default: count.txt, label: Save as}
  trigger: {allowed: [manual]}
  steps: [{id: write, uses: file.write, with: {path: "${{ params.output }}", text: "${{ params.file }}"}}]
  sample: {file: people.csv}
- id: data.merge
  title: Merge files
  summary: Puts two files together.
  category: data
  asks: [merge two files, put files together, join the files, combine two tables]
  parameters:
    first: {kind: file, ask: "Which file comes first?", label: First}
    second: {kind: file, ask: "Which file is added?", label: Second}
  trigger: {allowed: [manual]}
  steps: [{id: write, uses: file.write, with: {path: "${{ params.first }}", text: "${{ params.second }}"}}]
  sample: {first: a.csv, second: b.csv}
- id: mail.file
  title: Mail a file
  summary: Mails one file.
  category: email
  asks: [mail a file, send the file, post the document, mail this]
  parameters:
    note: {kind: text, ask: "What shall I write?", label: Note}
    file: {kind: file, ask: "Which file?", label: File}
  trigger: {allowed: [manual]}
  steps: [{id: write, uses: file.write, with: {path: "${{ params.file }}", text: "${{ params.note }}"}}]
  sample: {note: Hello, file: letter.pdf}
"""
COUNT, MERGE, MAIL = (Start(template_id=one) for one in ("data.count", "data.merge", "mail.file"))


def with_files() -> dict[str, Template]:
    """By id."""
    found = [Template.model_validate(data) for data in yaml.safe_load(TEMPLATES)]
    return read_templates() | {template.id: template for template in found}
