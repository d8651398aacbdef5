"""What a message says, whatever template it is for. The clock stands at Wednesday 2 December 2026, 10:00 UTC."""

import json
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.offline.language import language_of
from agent.offline.sentence import read_sentence
from agent.offline.value.generic import read_values
from tests.unit.agent_offline.little import NOW, ZONE

SAID = [
    ("post a message to #general saying hi there", {"channel": "#general", "text": "hi there"}),
    ("create a page in notion db Tasks called Ship it", {"database": "Tasks", "title": "Ship it"}),
    ("add a page called Q3 plan to the notion database Roadmap", {"title": "Q3 plan", "database": "Roadmap"}),
    ("book a call with Anna, Ben and Chris on monday at 2pm", {"attendees": ["Anna", "Ben", "Chris"], "title": "call with Anna, Ben and Chris", "start": "2026-12-07T14:00"}),
    ("assign OPS-12 to Maria", {"issue": "OPS-12", "assignee": "Maria"}),
    ("open an issue in acme/web titled Broken link labels bug, urgent", {"repo": "acme/web", "title": "Broken link", "label": ["bug", "urgent"]}),
    ("log 2 hours on OPS-7 with comment code review", {"duration_min": 120, "issue": "OPS-7", "comment": "code review"}),
    ("email jo@x.org subject Invoice text see attached", {"to": "jo@x.org", "subject": "Invoice", "body": "see attached"}),
    ("email jo@x.org: the 🎉 is on friday 🙏", {"to": "jo@x.org", "body": "the 🎉 is on friday"}),
    ("todoist task call the landlord tomorrow", {"title": "call the landlord", "due": "2026-12-03"}),
    ("remind me at 3 to water the ferns", {"at": "2026-12-02T15:00", "text": "water the ferns"}),
    ('create a task "Renew the domain" in project Website due friday', {"title": "Renew the domain", "project": "Website", "due": "2026-12-04"}),
    ("add task: order printer ink, list Office, due 14 Jan", {"title": "order printer ink", "list": "Office", "due": "2027-01-14"}),
    ("new trello card Fix the gate in list Todo on board House", {"title": "Fix the gate", "list": "Todo", "board": "House"}),
    ("create trello card called Paint the fence on the Garden board", {"title": "Paint the fence", "board": "Garden"}),
    ("put a card 'Fix gutters' into the Doing list of board House", {"title": "Fix gutters", "list": "Doing", "board": "House"}),
    ('add "milk" to my Groceries list', {"title": "milk", "list": "Groceries"}),
    ("open an issue in orbit/api about the broken login", {"repo": "orbit/api", "title": "the broken login"}),
    ("open an issue in orbit/api titled Broken login on mobile with label bug and assign it to dana", {"repo": "orbit/api", "title": "Broken login on mobile", "label": "bug", "assignee": "dana"}),
    ("create a bug in jira project OPS titled 'Disk full' priority urgent assigned to lee", {"project": "OPS", "title": "Disk full", "priority": "urgent", "assignee": "lee"}),
    ('jira: create story "Export as PDF" in project WEB', {"title": "Export as PDF", "project": "WEB"}),
    ("file a linear issue: Sidebar flickers (team Design, label ui)", {"title": "Sidebar flickers", "team": "Design", "label": "ui"}),
    ('comment "looks good" on orbit/api#12', {"comment": "looks good", "repo": "orbit/api", "issue": "12"}),
    ("close issue #45 in orbit/api", {"issue": "45", "repo": "orbit/api"}),
    ("add label wontfix to issue 45 in orbit/api", {"label": "wontfix", "issue": "45", "repo": "orbit/api"}),
    ("assign PAY-12 to @dana", {"assignee": "@dana", "issue": "PAY-12"}),
    ("move card 'Ship it' from Doing to Done", {"card": "Ship it", "list": "Done"}),
    ("set the status of OPS-9 to Blocked", {"issue": "OPS-9", "status": "Blocked"}),
    ("change priority of OPS-9 to low", {"issue": "OPS-9", "priority": "low"}),
    ('post "deploy at 5" to #releases', {"text": "deploy at 5", "channel": "#releases"}),
    ("post in #releases: we are live!", {"channel": "#releases", "text": "we are live!"}),
    ("tell #releases that the build is green", {"channel": "#releases", "text": "the build is green"}),
    ("send a slack message to @kim saying lunch is ready", {"user": "@kim", "text": "lunch is ready"}),
    ("dm @kim: can you review my PR?", {"user": "@kim", "text": "can you review my PR?"}),
    ("announce in #general that the office is closed on monday", {"channel": "#general", "text": "the office is closed on monday"}),
    ("when a new row is added to the sheet Leads, post it to #sales", {"sheet": "Leads", "channel": "#sales"}),
    ("when a PR is opened in acme/site, notify #reviews", {"repo": "acme/site", "channel": "#reviews"}),
    ("if the price of https://shop.test/item drops below $50 email me at kim@x.org", {"url": "https://shop.test/item", "threshold": 50, "currency": "USD", "to": "kim@x.org"}),
    ("alert #ops when disk usage goes over 90%", {"channel": "#ops", "threshold": 90}),
    ("notify me when bitcoin is under 40000", {"threshold": 40000}),
    ("email kim@x.org cc lee@x.org about the delayed delivery", {"to": "kim@x.org", "cc": "lee@x.org", "subject": "the delayed delivery"}),
    ("email kim@x.org, lee@x.org and sam@x.org the minutes", {"to": ["kim@x.org", "lee@x.org", "sam@x.org"]}),
    ("forward emails from boss@corp.test to me@home.test", {"from": "boss@corp.test", "to": "me@home.test"}),
    ("save attachments from invoices@corp.test to the Receipts folder", {"from": "invoices@corp.test", "folder": "Receipts"}),
    ("email kim@x.org subject: Lunch body: see you at noon", {"to": "kim@x.org", "subject": "Lunch", "body": "see you at noon"}),
    ('send an email to kim@x.org with subject "Offer" and body "Please see attached"', {"to": "kim@x.org", "subject": "Offer", "body": "Please see attached"}),
    ("mail kim@x.org that the parts have arrived tomorrow at 9", {"to": "kim@x.org", "body": "the parts have arrived tomorrow at 9"}),
    ("write to kim@x.org: thanks for the update", {"to": "kim@x.org", "body": "thanks for the update"}),
    ("book a meeting with kim@x.org tomorrow at 3pm for 45 minutes about the budget", {"attendees": "kim@x.org", "start": "2026-12-03T15:00", "duration_min": 45, "title": "the budget"}),
    ("schedule a zoom call with kim@x.org and lee@x.org on 12 January at 14:00", {"attendees": ["kim@x.org", "lee@x.org"], "start": "2027-01-12T14:00"}),
    ("create a calendar event Team lunch on friday 12:00-13:30", {"title": "Team lunch", "start": "2026-12-04T12:00", "end": "2026-12-04T13:30"}),
    ('add event "Dentist" to my calendar on 2027-01-15 at 9:30', {"title": "Dentist", "start": "2027-01-15T09:30"}),
    ("set up a 30 min call with kim@x.org next tuesday 10am Berlin time", {"duration_min": 30, "attendees": "kim@x.org", "timezone": "Europe/Berlin", "start": "2026-12-08T10:00"}),
    ("remind me tomorrow at 9 to call the bank", {"at": "2026-12-03T09:00", "text": "call the bank"}),
    ("remind me to send the invoice to kim@x.org on friday", {"text": "send the invoice to kim@x.org", "date": "2026-12-04"}),
    ("remind #team every friday at 4pm to fill in timesheets", {"channel": "#team", "text": "fill in timesheets"}),
    ("convert notes.md to html", {"file": "notes.md", "format": "html"}),
    ("merge a.pdf and b.pdf into one file", {"files": ["a.pdf", "b.pdf"]}),
    ("translate report.docx from German to English", {"file": "report.docx", "source_language": "German", "target_language": "English"}),
    ("export table orders to csv every night", {"table": "orders", "format": "csv"}),
    ("run query `select 1` on database shop", {"query": "select 1", "database": "shop"}),
    ("append row: Anna, 34, Berlin to sheet People", {"values": ["Anna", "34", "Berlin"], "sheet": "People"}),
    ("add row with Anna, 34 and Berlin to the People sheet", {"values": ["Anna", "34", "Berlin"], "sheet": "People"}),
    ("poll #team: pizza, sushi or tacos", {"options": ["pizza", "sushi", "tacos"], "channel": "#team"}),
    ('tweet "we are live"', {"text": "we are live"}),
    ("tweet: We just shipped v2!", {"text": "We just shipped v2!"}),
    ("text +44 7700 900123 'running late'", {"phone": "+44 7700 900123", "text": "running late"}),
    ('call https://api.test/hook with {"a": 1}', {"url": "https://api.test/hook", "payload": '{"a": 1}'}),
    ("get https://api.test/users every hour and save to users.json", {"url": "https://api.test/users", "file": "users.json"}),
    ("list my workflows", {}),
    ("what can you do?", {}),
    ("summarise the last 5 posts of https://blog.test/feed in #news", {"limit": 5, "url": "https://blog.test/feed", "channel": "#news"}),
    ("delete rows older than 30 days from table sessions", {"days": 30, "table": "sessions"}),
    ("ping me 15 minutes before each meeting", {"minutes_before": 15}),
    ("copy new files from folder Inbox to folder Archive", {"from_folder": "Inbox", "to_folder": "Archive"}),
    ("upload report.pdf to the Drive folder Reports/2026", {"file": "report.pdf", "folder": "Reports/2026"}),
    ("create a github release v1.4.0 in acme/site", {"version": "v1.4.0", "repo": "acme/site"}),
    ("update cell B2 in sheet Budget to 500", {"range": "B2", "sheet": "Budget", "value": 500}),
    ("make a notion page called Roadmap 2027 in workspace Product", {"title": "Roadmap 2027", "workspace": "Product"}),
    ('add a page "Retro" under Team Notes in notion', {"title": "Retro", "parent": "Team Notes"}),
    ("send it to the team", {}),
    ("post something nice", {}),
    ("share the file", {}),
    ("make an issue", {}),
    ("schedule a meeting", {}),
    ("create a new channel called launch-2027", {"channel": "launch-2027"}),
    ("invite kim@x.org to the repo acme/site", {"to": "kim@x.org", "repo": "acme/site"}),
    ("add kim@x.org to mailing list Newsletter", {"to": "kim@x.org", "list": "Newsletter"}),
    ("tag new contacts in hubspot as 'lead'", {"label": "lead"}),
    ("create deal 'Acme renewal' for 12,000 EUR in pipeline Sales", {"title": "Acme renewal", "amount": 12000, "currency": "EUR", "pipeline": "Sales"}),
    ("invoice #2291 for 450 euros to kim@x.org", {"invoice": "2291", "amount": 450, "currency": "EUR", "to": "kim@x.org"}),
    ("post the weather for Lisbon in #general at 7am daily", {"channel": "#general"}),
    ("EMAIL BOB@X.ORG: THE MEETING IS MOVED", {"to": "BOB@X.ORG", "body": "THE MEETING IS MOVED"}),
    ("to bob@x.org, no, alice@x.org: lunch?", {"to": "alice@x.org", "body": "lunch?"}),
    ("post 'cancel' to #x", {"text": "cancel", "channel": "#x"}),
    ('not #team but #sales: post "hi"', {"channel": "#sales", "text": "hi"}),
    ("create trello card called Paint the fence on the Garden board", {"title": "Paint the fence", "board": "Garden"}),
    ("poll #team: pizza, sushi or tacos", {"options": ["pizza", "sushi", "tacos"], "channel": "#team"}),
    ("when a customer pays in stripe, add a row to the sheet Revenue and tell #finance", {"sheet": "Revenue", "channel": "#finance"}),
    ('new typeform response -> row in google sheet "Feedback"', {"sheet": "Feedback"}),
    ("if a mail from billing@aws.test arrives, save the attachment in Dropbox folder Bills", {"from": "billing@aws.test", "folder": "Bills"}),
    ("rss https://blog.test/rss to discord #news", {"url": "https://blog.test/rss", "channel": "#news"}),
    ("translate everything in #support-es to english and post it in #support", {"from_channel": "#support-es", "channel": "#support", "target_language": "english"}),
    ('create a zoom meeting "Kickoff" on 2027-02-01 from 14:00 to 15:00 with a@x.org, b@x.org', {"title": "Kickoff", "start": "2027-02-01T14:00", "end": "2027-02-01T15:00", "attendees": ["a@x.org", "b@x.org"]}),
    ("schedule meeting with Anna on monday at 10", {"attendees": "Anna", "title": "meeting with Anna", "start": "2026-12-07T10:00"}),
    ("book a 1h slot with dr@clinic.test next thursday at 9:15", {"duration_min": 60, "attendees": "dr@clinic.test", "start": "2026-12-10T09:15"}),
    ('put "Team offsite" in the Events calendar for 3 March 2027', {"text": "Team offsite", "calendar": "Events", "start": "2027-03-03"}),
    ("block my calendar tomorrow from 9 to 11", {"start": "2026-12-03T09:00", "end": "2026-12-03T11:00"}),
    ("email the report to cfo@corp.test on the last working day of each month", {"to": "cfo@corp.test"}),
    ("text my wife at +351 912 345 678 that i'll be late", {"phone": "+351 912 345 678", "text": "i'll be late"}),
    ("sms +1-202-555-0147: your table is ready", {"phone": "+1-202-555-0147", "text": "your table is ready"}),
    ('whatsapp +49 151 23456789 "Bin gleich da"', {"phone": "+49 151 23456789", "text": "Bin gleich da"}),
    ("ask @lee to approve the invoice INV-204", {"user": "@lee", "invoice": "INV-204"}),
    ("open a PR from feature/login to main in acme/app", {"from_branch": "feature/login", "to_branch": "main", "repo": "acme/app"}),
    ("when the build fails on main in acme/app ping #dev", {"branch": "main", "repo": "acme/app", "channel": "#dev"}),
    ("tag release v2.1.0 in acme/app", {"version": "v2.1.0", "repo": "acme/app"}),
    ("create issue in acme/app: Crash on start when offline, label bug, assign to sam", {"repo": "acme/app", "title": "Crash on start when offline", "label": "bug", "assignee": "sam"}),
    ("add to my reading list: https://x.test/article", {"url": "https://x.test/article"}),
    ("screenshot https://x.test every hour and post it in #status", {"url": "https://x.test", "channel": "#status"}),
    ("check if https://x.test is up every 5 min, alert #ops", {"url": "https://x.test", "channel": "#ops"}),
    ("backup database shop to s3 bucket nightly-backups at 2am", {"database": "shop"}),
    ("export the Leads table to leads.csv", {"table": "Leads", "file": "leads.csv"}),
    ("import leads.csv into hubspot list Prospects", {"file": "leads.csv", "list": "Prospects"}),
    ("merge Q1.xlsx and Q2.xlsx into year.xlsx", {"files": ["Q1.xlsx", "Q2.xlsx"], "file": "year.xlsx"}),
    ("rename draft.docx to final.docx", {"from_file": "draft.docx", "to_file": "final.docx"}),
    ("filter orders.csv where total > 100", {"file": "orders.csv", "threshold": 100}),
    ("send the invoice INV-88 over 1,250.50 USD to pay@x.org due 31 January 2027", {"invoice": "INV-88", "threshold": 1250.5, "currency": "USD", "to": "pay@x.org", "due": "2027-01-31"}),
    ("post on instagram photo.jpg with caption 'sunset'", {"file": "photo.jpg", "text": "sunset"}),
    ('publish "Hello world" on our facebook page Blue Cafe tomorrow at noon', {"text": "Hello world", "page": "Blue Cafe", "at": "2026-12-03T12:00"}),
    ('share https://x.test/post on linkedin with the text "Worth a read"', {"url": "https://x.test/post", "text": "Worth a read"}),
    ("tweet 'big news' on 5 Jan 2027 at 10:00", {"text": "big news", "at": "2027-01-05T10:00"}),
    ('schedule a post on X for friday 18:00: "see you there"', {"at": "2026-12-04T18:00", "text": "see you there"}),
    ("onboarding: create a notion page for each new hire", {}),
    ("move the deal Acme to stage Won", {"deal": "Acme", "stage": "Won"}),
    ("update the status of ticket 4521 to solved", {"issue": "4521", "status": "solved"}),
    ("assign ticket #4521 to maria", {"issue": "4521", "assignee": "maria"}),
    ("close PAY-99 with comment 'done'", {"issue": "PAY-99", "comment": "done"}),
    ('add a subtask "Write tests" to ENG-42', {"title": "Write tests", "issue": "ENG-42"}),
    ("log 2 hours on ENG-42", {"duration_min": 120, "issue": "ENG-42"}),
    ("start a timer for 25 minutes", {"duration_min": 25}),
    ("add bread, eggs and milk to the shopping list", {"items": ["bread", "eggs", "milk"]}),
    ("make a poll in #lunch: burgers or salad?", {"options": ["burgers", "salad"], "channel": "#lunch"}),
    ("read range A1:B10 from sheet Tracker", {"range": "A1:B10", "sheet": "Tracker"}),
    ("delete the event Dentist on friday", {"event": "Dentist", "start": "2026-12-04"}),
    ("I want to email all customers in the sheet Customers", {"sheet": "Customers"}),
    ("post to #a, #b and #c: maintenance tonight at 10", {"channel": ["#a", "#b", "#c"], "text": "maintenance tonight at 10"}),
    ('send "hi" to <@U0AB12> in <#C01|general>', {"text": "hi", "user": "slack:U0AB12", "channel": "#general"}),
    ("email <mailto:x@y.test|x@y.test> the file `report.pdf`", {"to": "x@y.test", "file": "report.pdf"}),
    ("post `npm run build` to #dev", {"text": "npm run build", "channel": "#dev"}),
    ("email kim@x.org at 9, I mean 10", {"to": "kim@x.org", "at": "2026-12-03T10:00"}),
    ('post "x" to #general, no wait, #random', {"text": "x", "channel": "#random"}),
    ("remind me tomorrow, actually friday, at 9 to pay rent", {"at": "2026-12-04T09:00", "text": "pay rent"}),
    ('every monday at 9, no at 10, post "hi" in #x', {"text": "hi", "channel": "#x"}),
    ("add a comment to PAY-3: waiting for the client", {"issue": "PAY-3", "text": "waiting for the client"}),
    ("new asana task for maria: review contract, due next friday", {"title": "review contract", "due": "2026-12-11"}),
    ("todoist: buy stamps tomorrow", {"title": "buy stamps", "due": "2026-12-03"}),
    ("add 'call mom' to todoist for sunday", {"title": "call mom", "due": "2026-12-06"}),
    ("create a google doc titled Meeting notes", {"title": "Meeting notes"}),
    ("create google calendar event Yoga every tuesday at 18:30", {"title": "Yoga"}),
    ("make a new github repo called toolbox", {"repo": "toolbox"}),
    ("invite sam@x.org and kim@x.org to the meeting on friday at 3", {"attendees": ["sam@x.org", "kim@x.org"], "start": "2026-12-04T15:00"}),
    ("add 'Order new chairs' to asana project Office due next monday assignee tom", {"title": "Order new chairs", "project": "Office", "due": "2026-12-07", "assignee": "tom"}),
    ("create a clickup task Prepare slides, list Q1, priority high", {"title": "Prepare slides", "list": "Q1", "priority": "high"}),
    ('make a linear ticket titled "Login broken" in team Mobile', {"title": "Login broken", "team": "Mobile"}),
    ("new todo: pay the gas bill by friday", {"title": "pay the gas bill", "due": "2026-12-04"}),
    ("every friday at 16:00 list the open issues of acme/web in #dev", {"repo": "acme/web", "channel": "#dev"}),
    ("email the invoice INV-331 to billing@acme.test with the subject Invoice 331", {"invoice": "INV-331", "to": "billing@acme.test", "subject": "Invoice 331"}),
    ("forward every mail from ceo@acme.test to me@home.test", {"from": "ceo@acme.test", "to": "me@home.test"}),
    ('reply to emails from support@acme.test with "We are on it"', {"from": "support@acme.test", "text": "We are on it"}),
    ("send a mail to ana@x.org and bob@x.org, subject: Trip, text: we leave at 7", {"to": ["ana@x.org", "bob@x.org"], "subject": "Trip", "body": "we leave at 7"}),
    ("draft an email to hr@x.org about my holiday", {"to": "hr@x.org", "subject": "my holiday"}),
    ("bcc audit@x.org when mailing ana@x.org", {"bcc": "audit@x.org", "to": "ana@x.org"}),
    ("unsubscribe me from news@shop.test", {"from": "news@shop.test"}),
    ('post a tweet at 18:00 saying "Doors open!"', {"at": "2026-12-02T18:00", "text": "Doors open!"}),
    ("schedule this for linkedin tomorrow 9am: We are hiring two engineers", {"at": "2026-12-03T09:00", "text": "We are hiring two engineers"}),
    ('share photo.png on instagram with the caption "Sunset over Porto"', {"file": "photo.png", "text": "Sunset over Porto"}),
    ("post to facebook page Cafe Luna: open till midnight today", {"page": "Cafe Luna", "text": "open till midnight today"}),
    ('dm everyone who follows @acme "thanks for the follow"', {"user": "@acme", "text": "thanks for the follow"}),
    ("book room Matterhorn on 15.12.2026 14:00-15:30 for the board meeting", {"room": "Matterhorn", "start": "2026-12-15T14:00", "end": "2026-12-15T15:30"}),
    ("invite leo@x.org and mia@x.org to a call on 7 Jan 2027 at 11:00 CET about pricing", {"attendees": ["leo@x.org", "mia@x.org"], "timezone": "Europe/Berlin", "start": "2027-01-07T11:00"}),
    ("move my meeting with leo@x.org to thursday 10:00", {"attendees": "leo@x.org", "start": "2026-12-03T10:00"}),
    ("cancel the meeting 'Budget review' tomorrow", {"title": "Budget review", "start": "2026-12-03"}),
    ("remind me 30 minutes before the meeting", {"minutes_before": 30}),
    ("export sheet Orders as csv to s3 bucket acme-exports every night at 1", {"sheet": "Orders", "bucket": "acme-exports"}),
    ("load sales.csv into the table orders of database shop", {"file": "sales.csv", "table": "orders", "database": "shop"}),
    ("copy range A1:C9 from tab Jan to tab Feb in spreadsheet Budget 2027", {"range": "A1:C9", "from_tab": "Jan", "to_tab": "Feb", "sheet": "Budget 2027"}),
    ('set cell D5 in sheet Plan to "done"', {"range": "D5", "sheet": "Plan", "value": "done"}),
    ("sum column Amount in expenses.xlsx", {"column": "Amount", "file": "expenses.xlsx"}),
    ("when a form response comes in add a row to sheet Leads", {"sheet": "Leads"}),
    ("dedupe contacts.csv by email and save as clean.csv", {"from_file": "contacts.csv", "to_file": "clean.csv"}),
    ("convert data.json to yaml", {"file": "data.json", "format": "yaml"}),
    ("merge cover.pdf, body.pdf and end.pdf into book.pdf", {"files": ["cover.pdf", "body.pdf", "end.pdf"], "file": "book.pdf"}),
    ('post {"text": "hi"} to https://hooks.acme.test/a', {"payload": '{"text": "hi"}', "url": "https://hooks.acme.test/a"}),
    ("when stripe payment over 500 EUR arrives, notify #sales", {"threshold": 500, "currency": "EUR", "channel": "#sales"}),
    ("if temperature drops below 5 degrees text +47 912 34 567", {"threshold": 5, "phone": "+47 912 34 567"}),
    ("delete files older than 90 days in folder Temp", {"days": 90, "folder": "Temp"}),
    ("translate page.md into Portuguese", {"file": "page.md", "target_language": "Portuguese"}),
    ('translate "good morning" to Japanese', {"text": "good morning", "target_language": "Japanese"}),
    ("comment on OPS-12 that the fix is deployed", {"issue": "OPS-12", "text": "the fix is deployed"}),
    ("transition OPS-12 to In Progress", {"issue": "OPS-12", "status": "In Progress"}),
    ("assign OPS-12 to lena and set priority to high", {"issue": "OPS-12", "assignee": "lena", "priority": "high"}),
    ("label acme/web#77 as duplicate", {"repo": "acme/web", "issue": "77", "label": "duplicate"}),
    ("create branch fix/login from main in acme/web", {"branch": "fix/login", "repo": "acme/web"}),
    ('release v3.2.0 of acme/web with notes "Bug fixes"', {"version": "v3.2.0", "repo": "acme/web", "note": "Bug fixes"}),
    ("save this to notion page Ideas: use solar panels", {"page": "Ideas", "text": "use solar panels"}),
    ('send "server down" by sms to +1 (415) 555-0199', {"text": "server down", "phone": "+1 (415) 555-0199"}),
    ("ping @ana and @bob in #standup at 9:50 on weekdays", {"user": ["@ana", "@bob"], "channel": "#standup"}),
    ("upload all invoices from Dropbox folder Bills to Google Drive folder Accounting/2027", {"from_folder": "Bills", "to_folder": "Accounting/2027"}),
    ('add "Dune" to my Watchlist playlist', {"title": "Dune", "playlist": "Watchlist"}),
    ("post an update to channel Marketing in teams: launch moved to May", {"channel": "Marketing", "text": "launch moved to May"}),
    ("tell the Design channel that mocks are ready", {"channel": "Design", "text": "mocks are ready"}),
    ("start a thread in #dev titled Release 2.0", {"channel": "#dev", "title": "Release 2.0"}),
    ("mail to: a@x.org; b@x.org\nsubject: Parking\nLevel 2 please.", {"to": ["a@x.org", "b@x.org"], "subject": "Parking", "body": "Level 2 please."}),
]  # fmt: skip


IN_OTHER_LANGUAGES = [
    ("ticket Jira projet WEB : bouton cassé", {"project": "WEB", "title": "bouton cassé"}),
    ("envoie un e-mail à luc@example.fr objet Facture texte voici le total", {"to": "luc@example.fr", "subject": "Facture", "body": "voici le total"}),
    ("crea una tarjeta llamada Precios en el tablero Ventas", {"title": "Precios", "board": "Ventas"}),
    ("cria uma tarefa chamada Relatório no projeto Financeiro", {"title": "Relatório", "project": "Financeiro"}),
    ("erstelle eine Aufgabe namens Heizung fällig am freitag", {"title": "Heizung", "due": "2026-12-04"}),
    ("新建会议,标题:产品评审,明天下午3点", {"title": "产品评审", "start": "2026-12-03T15:00"}),
    ("在 Notion 数据库“计划”里新建一条：订机票", {"database": "计划", "title": "订机票"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "values"), IN_OTHER_LANGUAGES)
def test_labels_and_names_are_read_in_other_languages(text: str, values: dict[str, object]) -> None:
    assert read_values(read_sentence(text, NOW, ZONE, language_of(text))).values == values


@pytest.mark.parametrize(("text", "values"), SAID)
def test_a_message_says_its_values(text: str, values: dict[str, object]) -> None:
    assert read_values(read_sentence(text, NOW, ZONE)).values == values


VAGUE = [
    "tweet something about our product", "create a meeting", "remind me", "add a task", "calendar event please", "slack", "webhook",
    "make an issue 4 the thing from yesterday's chat", "send it to the team", "share the file with everyone", "post something nice",
    "poll the team for a date", "I need to email someone", "list my workflows", "what can you do?", "post a status update",
    "reply to her", "move it over there", "do the usual", "send them the report", "new project", "label new issues", "board meeting",
    "group chat", "page me", "update the page", "add it to the list", "put it on the board", "the project is late", "a card game",
    "sync the calendar", "either/or", "yes", "12", "👍", "", "ok do that", "thanks!", "fix the database migration",
]  # fmt: skip


@pytest.mark.parametrize("text", VAGUE)
def test_vague_words_are_no_values(text: str) -> None:
    assert read_values(read_sentence(text, NOW, ZONE)).values == {}


@pytest.mark.parametrize(
    ("text", "has_schedule"),
    [
        ("create a task 'Renew' due friday at 9", False),
        ("book a meeting with a@x.org tomorrow at 3pm", False),
        ("tell #team the meeting starts at 5", False),
        ("email a@x.org: lunch is at noon tomorrow", False),
        ("post 'raid at 9' to #raids", False),
        ("post in #team: every monday we meet at 9", False),
        ("email a@x.org saying the office opens on monday at 9", False),
        ("email a@x.org tomorrow at 9: lunch is at noon", True),
        ("every monday at 9 post in #team: standup now", True),
        ("remind me tomorrow at 9 to call Ana", True),
        ("tweet 'big news' on 5 Jan 2027 at 10:00", True),
    ],
)
def test_a_moment_that_belongs_to_a_value_is_no_schedule(text: str, has_schedule: bool) -> None:
    assert (read_values(read_sentence(text, NOW, ZONE)).schedule is not None) == has_schedule


_PIECES = st.lists(
    st.sampled_from(
        [
            "to",
            "about",
            "subject:",
            "saying",
            "that",
            "every",
            "monday",
            "at",
            "9",
            "a@b.example",
            "#x",
            "@y",
            "acme/api",
            "PAY-12",
            '"c',
            'd"',
            "'e'",
            "x.csv",
            "and",
            "into",
            "list",
            "Todo",
            "called",
            "board:",
            "in",
            "with",
            ",",
            ".",
            ":",
            ";",
            "(",
            ")",
            "card",
            "task",
            "meeting",
            "title",
            ">",
            "5",
            "hours",
            "before",
            "due",
            "3",
            "march",
            "no,",
            "I",
            "mean",
            "row:",
            "from",
            "under",
            "sheet",
            "cell",
            "C7",
            "=",
            "8",
            "\n",
        ]
    ),
    max_size=24,
).map(" ".join)


@settings(max_examples=400, deadline=None)
@given(text=st.one_of(st.text(max_size=150), _PIECES))
def test_nothing_is_said_that_does_not_stand_in_the_message(text: str) -> None:
    said = read_values(read_sentence(text, NOW, ZONE)).values
    message = _flat(text)
    for name, value in said.items():
        if name in {"at", "start", "end", "due", "date", "timezone", "duration_min", "currency", "amount"}:
            continue
        for one in value if isinstance(value, list) else [value]:
            for word in _flat(str(one)).removeprefix("https://").split():
                assert word in message, (name, value)


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).lower()


HOSTILE = [
    *(words * 150 for words in ("an hour and ", "in an hour ", "every ", "monday and ", "at 9, no, ", "at 9 and ", "1st and ", "from 9 to ", "first of ", "at ten past ")),
    "a/" * 1_000, "A-1 " * 500, "to " * 700, "in the " * 300 + "board", "list " * 400, "Aa " * 700 + "board", ", " * 1_000, "with a, " * 250,
    "add " * 500, "the Aa " * 300 + "list", "remind to " * 200, '"' * 2_000, "move a " * 280, "assign " * 280, "at 9, no " * 220, "not but " * 250,
    ":" * 2_000, "x: " * 660, "1,2" * 660, "> " * 1_000, "(" * 2_000, "a@" * 1_000, "saying that " * 160, "task for to about " * 110, "\n" * 2_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.timeout(20)
def test_text_made_to_confuse_is_read_like_any_other(text: str) -> None:
    said = read_values(read_sentence(text, NOW, ZONE))
    assert len(json.dumps(said.values)) < 10 * len(text) + 100
