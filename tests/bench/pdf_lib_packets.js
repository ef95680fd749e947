// Signature packets as a Node application makes them with pdf-lib: a cover with the list, then a page each with the
// block and both codes as rectangles. The standard Times fonts are used, which pdf-lib need not embed; there are no
// bookmarks, tags or archive form, which pdf-lib has not. Reads a JSON file of packets a round, prints seconds a round.
const fs = require("fs");
const { PDFDocument, StandardFonts } = require("pdf-lib");

const MM = 72 / 25.4;
const [WIDTH, HEIGHT] = [612, 792];

function drawCode(page, rows, left, top) {
  const side = (13 * MM) / rows.length;
  rows.forEach((row, down) =>
    row.forEach(([at, count]) =>
      page.drawRectangle({ x: left + at * side, y: top - (down + 1) * side, width: count * side, height: side })
    )
  );
}

function wrapped(text, font, size, width) {
  const lines = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (line && font.widthOfTextAtSize(longer, size) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

function drawCover(doc, packet, font, bold) {
  const page = doc.addPage([WIDTH, HEIGHT]);
  let y = 720;
  const put = (text, size = 11, face = font) => {
    for (const line of wrapped(text, face, size, 460)) {
      page.drawText(line, { x: 77, y, size, font: face });
      y -= size * 1.35;
    }
  };
  put(packet.deal_name, 10);
  put(packet.signatory, 23);
  [...packet.address_lines, ...packet.return_to, packet.prepared_on].forEach((line) => put(line));
  put("What to do", 12.5, bold);
  packet.instructions.forEach((line, at) => put(`${at + 1}. ${line}`));
  put(packet.escrow);
  packet.pages.forEach((each, at) => {
    put(`${at + 1}   ${each.title}   ${each.party}`, 10);
    each.signing_as.forEach((line) => put(line, 9));
  });
}

function drawPage(doc, packet, each, at, font, bold) {
  const page = doc.addPage([WIDTH, HEIGHT]);
  const centered = (text, y, size) =>
    page.drawText(text, { x: (WIDTH - font.widthOfTextAtSize(text, size)) / 2, y, size, font });
  drawCode(page, each.qr, WIDTH - 28 * MM, HEIGHT - 15 * MM);
  drawCode(page, each.matrix, 15 * MM, 28 * MM);
  centered(each.title, 690, 16);
  centered(each.dated, 670, 10.5);
  let y = 610;
  for (const line of wrapped(each.witness, font, 11, 425)) {
    page.drawText(line, { x: 94, y, size: 11, font });
    y -= 16;
  }
  const x = 270;
  y -= 60;
  page.drawText(each.capacity, { x, y, size: 9, font });
  page.drawText(each.party, { x, y: (y -= 16), size: 11, font: bold });
  let step = 0;
  for (const link of each.chain) {
    page.drawText(`By: ${link.entity}`, { x: x + step, y: (y -= 18), size: 11, font });
    page.drawText(link.capacity, { x: x + step + 18, y: (y -= 16), size: 11, font });
    step += 20;
  }
  page.drawText("By:", { x: x + step, y: (y -= 40), size: 11, font });
  page.drawLine({ start: { x: x + step + 20, y }, end: { x: 518, y }, thickness: 0.7 });
  page.drawText(each.signer, { x: x + step + 20, y: (y -= 16), size: 11, font });
  centered(`[Signature page to ${each.title}]`, 80, 11);
  centered(packet.deal_name, 66, 8.5);
  centered(`${each.code}   Page ${at + 1} of ${packet.pages.length}`, 54, 8.5);
}

async function make(packet) {
  const doc = await PDFDocument.create();
  doc.setTitle(packet.title);
  const font = await doc.embedFont(StandardFonts.TimesRoman);
  const bold = await doc.embedFont(StandardFonts.TimesRomanBold);
  drawCover(doc, packet, font, bold);
  packet.pages.forEach((each, at) => drawPage(doc, packet, each, at, font, bold));
  return doc.save();
}

async function main() {
  for (const line of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    const before = process.hrtime.bigint();
    let pages = 0;
    for (const packet of JSON.parse(line)) {
      const made = await make(packet);
      if (made.length < 1000) throw new Error("pdf-lib made nothing");
      pages += packet.pages.length;
    }
    console.log(JSON.stringify({ seconds: Number(process.hrtime.bigint() - before) / 1e9, pages }));
  }
}

main();
