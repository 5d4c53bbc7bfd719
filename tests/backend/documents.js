// What npm's `bson` makes of documents. Usage: node documents.js FILE, where FILE holds a JSON
// array of {bson, canonical, relaxed}: the bytes in hexadecimal, and the same document in both
// forms of Extended JSON. Prints the names of the fields that are not the same.

import { readFileSync } from 'node:fs';
import mongoose from 'mongoose';

const { BSON } = mongoose.mongo;
const { EJSON } = BSON;

const stored = { promoteValues: false, bsonRegExp: true };

function differences({ bson, canonical, relaxed }) {
  const document = BSON.deserialize(Buffer.from(bson, 'hex'), stored);
  const forms = { canonical: [canonical, false], relaxed: [relaxed, true] };
  return Object.entries(forms).flatMap(([form, [text, isRelaxed]]) => {
    const read = EJSON.parse(text, { relaxed: isRelaxed });
    const print = (value) => EJSON.stringify({ value }, { relaxed: isRelaxed });
    const names = new Set([...Object.keys(document), ...Object.keys(read)]);
    const differing = [...names].filter((name) => print(document[name]) !== print(read[name]));
    const order = Object.keys(document).join() === Object.keys(read).join() ? [] : ['the order'];
    return [...differing, ...order].map(
      (name) => `${form} ${name}: ${print(document[name])} is read as ${print(read[name])}`,
    );
  });
}

const documents = JSON.parse(readFileSync(process.argv[2], 'utf8'));
process.stdout.write(`${JSON.stringify(documents.flatMap(differences))}\n`);
