// The backend whose fleet tilldeck operates, as its design note describes it: an application
// on mongoose that knows nothing of tilldeck. Usage: node backend.js URI COMMAND [ARGUMENT…];
// prints one JSON document.

import mongoose from 'mongoose';

const { Schema } = mongoose;

export const DATABASE_CONFIG = {
  STORES_PER_DATABASE: 20,
  DATABASE_COUNT: 5,
  DATABASE_PREFIX: process.env.DATABASE_PREFIX ?? 'pos_db',
};

const [uri, command, ...given] = process.argv.slice(2);

// The databases: one connection each, made when it is first needed.

const main = await mongoose.createConnection(uri).asPromise();
const connections = new Map();

function getDatabaseConnection(databaseId) {
  if (!connections.has(databaseId)) {
    connections.set(databaseId, main.useDb(`${DATABASE_CONFIG.DATABASE_PREFIX}_${databaseId}`));
  }
  return connections.get(databaseId);
}

// A store without a databaseId is from the time when there was one database.
const connectionOf = (databaseId) => (databaseId == null ? main : getDatabaseConnection(databaseId));

const Store = main.model('Store', new Schema({
  storeId: { type: String, required: true },
  name: { type: String, required: true },
  prefix: { type: String, required: true },
  databaseId: { type: Number, min: 1, max: DATABASE_CONFIG.DATABASE_COUNT },
}, { timestamps: true }), 'stores');

const User = main.model('User', new Schema({
  email: { type: String, required: true },
  storeId: { type: String, default: null },
}), 'users');

async function determineDatabaseForStore(StoreModel) {
  const total = await StoreModel.countDocuments();
  const filled = Math.floor(total / DATABASE_CONFIG.STORES_PER_DATABASE) + 1;
  return Math.min(filled, DATABASE_CONFIG.DATABASE_COUNT);
}

async function getDatabaseIdForStore(storeId, StoreModel) {
  const store = await StoreModel.findOne({ storeId });
  return store ? store.databaseId : null;
}

// The collections of a store.

const SCHEMAS = {
  products: new Schema({
    sku: { type: String, required: true, unique: true },
    price: Number,
  }, { timestamps: true }),
  orders: new Schema({
    total: Number,
    lines: [{ sku: String, amount: Number }],
    createdAt: { type: Date, default: Date.now, index: true },
  }),
  categories: new Schema({ name: String }),
  users: new Schema({ email: { type: String, required: true } }),
  brands: new Schema({ name: String }),
};

function getStoreModel(prefix, collectionType, schema, databaseId) {
  const name = `${prefix}_${collectionType}`;
  const connection = connectionOf(databaseId);
  return connection.models[name] ?? connection.model(name, schema, name, { overwriteModels: true });
}

async function createStoreCollections(prefix, databaseId) {
  for (const type of ['products', 'orders', 'categories', 'users']) {
    const model = getStoreModel(prefix, type, SCHEMAS[type], databaseId);
    await model.createCollection();
    await model.createIndexes();
  }
}

async function createStore(storeId, name, prefix) {
  const databaseId = await determineDatabaseForStore(Store);
  const store = await Store.create({ name, storeId, prefix, databaseId });
  await createStoreCollections(prefix, databaseId);
  return store;
}

async function modelForStore(storeId, type) {
  const store = await Store.findOne({ storeId });
  if (!store) throw new Error(`no store ${storeId}`);
  return getStoreModel(store.prefix, type, SCHEMAS[type], store.databaseId);
}

// What a test can ask for.

const commands = {
  // Makes stores one after the other: storeId, name and prefix of each.
  async create(...stores) {
    const made = [];
    for (let at = 0; at < stores.length; at += 3) {
      made.push(await createStore(...stores.slice(at, at + 3)));
    }
    return made;
  },

  // As many creators at once, which do not know of each other.
  async race(count, word) {
    const numbers = Array.from({ length: Number(count) }, (_, number) => number);
    const made = await Promise.allSettled(
      numbers.map((number) => createStore(`${word}-${number}`, `${word} ${number}`, `${word}${number}`)),
    );
    return made.map((one) => one.status);
  },

  // Works in a store through its models, as the application does all day.
  async use(storeId) {
    const store = await Store.findOne({ storeId });
    const types = {
      createdAt: store.createdAt instanceof Date,
      updatedAt: store.updatedAt instanceof Date,
      databaseId: typeof store.databaseId,
      version: store.__v,
    };
    store.name += ' (seen)';
    await store.save();
    const Product = await modelForStore(storeId, 'products');
    await Product.init();
    await Product.create({ sku: 'A-1', price: 2.5 });
    const twice = await Product.create({ sku: 'A-1' }).then(() => 'taken', (error) => error.code);
    const Order = await modelForStore(storeId, 'orders');
    await Order.create({ total: 5, lines: [{ sku: 'A-1', amount: 2 }] });
    await (await modelForStore(storeId, 'categories')).create({ name: 'Bread' });
    await (await modelForStore(storeId, 'brands')).create({ name: 'Own' });
    await (await modelForStore(storeId, 'users')).create({ email: 'ada@example.org' });
    return {
      types,
      twice,
      databaseId: await getDatabaseIdForStore(storeId, Store),
      database: Product.db.name,
      products: await Product.countDocuments(),
      orders: (await Order.findOne()).lines[0].amount,
      name: (await Store.findOne({ storeId })).name,
    };
  },

  // What goes wrong over the years: one fault a line, on stores that exist.
  async spoil() {
    const stores = await Store.find().sort('storeId');
    const at = (number) => stores[number];
    const raw = Store.collection;
    const set = (number, fields) => raw.updateOne({ _id: at(number)._id }, { $set: fields });
    const unset = (number, field) => raw.updateOne({ _id: at(number)._id }, { $unset: { [field]: 1 } });
    const collection = (number, type, databaseId = at(number).databaseId) =>
      connectionOf(databaseId).collection(`${at(number).prefix}_${type}`);
    const faults = {
      'store-split': () => collection(0, 'orders', 3).insertOne({ total: 1 }),
      'store-wrong-database': () => set(1, { databaseId: 4 }),
      'duplicate-store-id': async () => {
        await Store.create({ storeId: at(2).storeId, name: 'Twin', prefix: 'twin', databaseId: at(2).databaseId });
        await createStoreCollections('twin', at(2).databaseId);
      },
      'duplicate-prefix': () =>
        Store.create({ storeId: 'second', name: 'Second', prefix: at(3).prefix, databaseId: at(3).databaseId }),
      'database-id-out-of-range': () => set(4, { databaseId: 9 }),
      'record-malformed': () => set(5, { name: null }),
      'collections-missing': () => collection(6, 'products').drop(),
      'prefix-case': async () => {
        await set(7, { prefix: at(7).prefix.toUpperCase() });
      },
      'database-id-missing': () => unset(8, 'databaseId'),
      'database-id-type': () => set(9, { databaseId: String(at(9).databaseId) }),
      'orphan-collections': () => getDatabaseConnection(2).collection('gone_orders').insertOne({ total: 1 }),
      'prefix-ambiguous': async () => {
        const prefix = `${at(10).prefix}_east`;
        await Store.create({ storeId: 'east', name: 'East', prefix, databaseId: at(10).databaseId });
        await createStoreCollections(prefix, at(10).databaseId);
      },
      'users-dangling': () => User.create({ email: 'left@example.org', storeId: 'closed' }),
      'users-half-moved': async () => {
        await User.create({ email: 'both@example.org', storeId: at(11).storeId });
        await collection(11, 'users').insertOne({ email: 'both@example.org' });
      },
      'index-drift': () => collection(12, 'products').dropIndex('sku_1'),
      'name-unsafe': () => set(13, { name: 'Bak\u202eery' }),
    };
    for (const plant of Object.values(faults)) await plant();
    return Object.keys(faults);
  },
};

try {
  process.stdout.write(`${JSON.stringify(await commands[command](...given))}\n`);
} finally {
  await mongoose.disconnect();
  await main.close();
}
