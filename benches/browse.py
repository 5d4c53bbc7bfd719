#!/usr/bin/env python3
"""Measures reading the documents of a fleet: tilldeck, and the same by hand.

    benches/browse.py --quick --binary target/quick/tilldeck
    benches/browse.py --large

Starts a private demo fleet and fills it; no other server is touched. By hand means the
scripts below, as one writes them for pymongo and for mongosh. Both clients are fetched into
the cache with pip and npm where they are missing; without mongosh its column stays empty.

Every run is a whole process, from its start to its end. The programs take turns, so that
the ratios hold on a machine whose speed drifts. Whoever gives another result than the
others has failed, however fast it was.
"""

import argparse
import contextlib
import ctypes
import datetime
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

STORES = 100
# Values of a field with an index.
STOCKS = 200
PAGE = 50
FEW = 1_000
MONGOSH = "2.12.0"
PYMONGO = "4.20.0"
# The longest that one process may take, seconds.
LONGEST = 600

# What pymongo scripts begin with.
PY_COMMON = """
import json, os, sys
from bson import json_util
from pymongo import MongoClient

client = MongoClient(os.environ["MONGODB_URI"])
main = client["main_db"]

def relaxed(value):
    return json_util.dumps(value, json_options=json_util.RELAXED_JSON_OPTIONS)

def collection(store, kind):
    number = store.get("databaseId")
    database = main if number is None else client[f"pos_db_{number}"]
    return database[f"{store['prefix']}_{kind}"]

def of(store_id, kind):
    return collection(main.stores.find_one({"storeId": store_id}), kind)
"""

# And what they end with: pymongo takes half a second to stop its threads, which says nothing
# of reading. So they go as soon as they are done.
PY_END = """
sys.stdout.flush()
os._exit(0)
"""

PY_COUNT = """
def count(store):
    return store["storeId"], collection(store, "orders").count_documents({"status": "completed"})
counts = each(count, list(main.stores.find()))
print(json.dumps(dict(counts)))
"""

PY_TOP = """
def top(store):
    order = [("total", -1), ("_id", 1)]
    return list(collection(store, "orders").find().sort(order).limit(100))
orders = [order for found in each(top, list(main.stores.find())) for order in found]
orders.sort(key=lambda order: (-order["total"].to_decimal(), order["_id"]))
print(relaxed(orders[:100]))
"""

PY_EACH = "each = map\n"
PY_EACH_POOL = """
from concurrent.futures import ThreadPoolExecutor
each = ThreadPoolExecutor(16).map
"""

PY_EXPORT = """
with open(sys.argv[1], "w") as file:
    for document in of("ST-0020", "export").find():
        file.write(relaxed(document) + "\\n")
"""

PY_PAGE = """
kind, skip, limit, *keys = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]
sort = [(key, 1) for key in keys]
print(relaxed(list(of("ST-0020", kind).find().sort(sort).skip(skip).limit(limit))))
"""

PY_ONE = """
print(relaxed(of("ST-0020", sys.argv[1]).find_one({"_id": sys.argv[2]})))
"""

# The same for mongosh, which takes no arguments but the environment's.
JS_COMMON = """
const words = (process.env.WORDS || '').split(' ');
const collection = (store, kind) =>
  db.getSiblingDB(store.databaseId == null ? 'main_db' : `pos_db_${store.databaseId}`)
    .getCollection(`${store.prefix}_${kind}`);
const of = (storeId, kind) => collection(db.stores.findOne({storeId}), kind);
"""

JS_COUNT = """
const counts = {};
for (const store of db.stores.find().toArray())
  counts[store.storeId] = collection(store, 'orders').countDocuments({status: 'completed'});
print(EJSON.stringify(counts));
"""

JS_TOP = """
const orders = [];
for (const store of db.stores.find().toArray())
  orders.push(...collection(store, 'orders').find().sort({total: -1, _id: 1}).limit(100).toArray());
const total = new Map(orders.map(order => [order, Number(order.total.toString())]));
const id = order => order._id.toString();
orders.sort((a, b) => total.get(b) - total.get(a) || (id(a) < id(b) ? -1 : 1));
print(EJSON.stringify(orders.slice(0, 100)));
"""

JS_EXPORT = """
const fs = require('fs');
const file = fs.openSync(words[0], 'w');
let lines = [];
of('ST-0020', 'export').find().forEach(document => {
  lines.push(EJSON.stringify(document) + '\\n');
  if (lines.length === 1000) { fs.writeSync(file, lines.join('')); lines = []; }
});
fs.writeSync(file, lines.join(''));
fs.closeSync(file);
"""

JS_PAGE = """
const [kind, skip, limit, ...keys] = words;
const sort = Object.fromEntries(keys.map((key) => [key, 1]));
print(EJSON.stringify(
  of('ST-0020', kind).find().sort(sort).skip(Number(skip)).limit(Number(limit)).toArray()));
"""

JS_ONE = """
print(EJSON.stringify(of('ST-0020', words[0]).findOne({_id: words[1]})));
"""

# Fills the server; the sizes are its arguments. Runs in a process of its own, because the
# peak memory of a process counts in the processes that it starts.
PY_SEED = """
import datetime, random
from bson import Decimal128, ObjectId, encode
from pymongo import WriteConcern

sizes = json.loads(sys.argv[1])
if main.browse.find_one({"_id": "sizes", "sizes": sizes}):
    sys.exit()
main.browse.drop()

def fill(into, count, make):
    into.drop()
    into = into.with_options(write_concern=WriteConcern(w=1, j=False))
    for first in range(0, count, 5_000):
        numbers = range(first, min(first + 5_000, count))
        into.insert_many([make(number) for number in numbers], ordered=False)

chance = random.Random(7)
begin = datetime.datetime(2026, 1, 1)
amounts = [Decimal128(f"{cents // 100}.{cents % 100:02}") for cents in range(90, 100_000, 7)]
goods = [{"sku": f"P-{n:04}", "name": name, "quantity": n % 3 + 1, "price": amounts[n * 37],
          "total": amounts[n * 91]}
         for n, name in enumerate(["Espresso", "Caf\\u00e9 cr\\u00e8me", "\\u5c71\\u306e\\u8336",
                                   "Bread, 500 g", "Butter \\"salted\\"", "Zw\\u00f6lf Eier"])]
statuses = ["completed", "completed", "completed", "pending", "refunded", "cancelled"]

def order(store):
    def make(number):
        at = begin + datetime.timedelta(seconds=number * 7, milliseconds=number % 3)
        status = chance.choice(statuses)
        return {
            "_id": ObjectId(),
            "orderNumber": f"{store['storeId']}-{number:06}",
            "storeId": store["storeId"],
            "status": status,
            "items": chance.sample(goods, chance.randint(1, 4)),
            "total": chance.choice(amounts),
            "payment": {"method": "card", "paidAt": at if status == "completed" else None},
            "cashier": "Zo\\u00eb \\u00c5ngstr\\u00f6m",
            "weight": number / 8,
            "createdAt": at,
            "updatedAt": at,
            "__v": 0,
        }
    return make

# Without the blemishes of the demo: by hand nobody is ready for them.
for store in main.stores.find():
    mended = {"name": store.get("name", "Mended")}
    if "databaseId" in store:
        mended["databaseId"] = int(store["databaseId"])
    main.stores.update_one({"_id": store["_id"]}, {"$set": mended})
for store in main.stores.find():
    fill(collection(store, "orders"), sizes["orders"], order(store))

home = main.stores.find_one({"storeId": "ST-0020"})
fill(collection(home, "export"), sizes["export"], order(home))
for kind in ["few", "many"]:
    fill(collection(home, kind), sizes[kind],
         lambda number: {"_id": number, "sku": f"P-{number % 997:04}", "stock": number % sizes["stocks"]})
    collection(home, kind).create_index([("stock", 1), ("_id", 1)])

item = {"sku": "P-0100", "name": "Caf\\u00e9 cr\\u00e8me", "quantity": 2, "price": 4.5, "at": begin}
def big(count):
    return {"_id": "big", "items": [{"number": n, **item} for n in range(count)]}
of_one = len(encode(big(10_000))) / 10_000
count = int(sizes["big"] / of_one)
while len(encode(big(count))) > sizes["big"]:
    count -= count // 1_000 + 1
deep = {"leaf": "the end"}
for level in range(99, 0, -1):
    deep = {"level": level, "inner": deep}
giants = collection(home, "giants")
giants.drop()
giants.insert_many([big(count), {"_id": "deep", **deep}, {"_id": "small", "total": 1}])
main.browse.insert_one({"_id": "sizes", "sizes": sizes})
"""


class Failure(Exception):
    """Why there is no result."""


class Machine:
    """The folder, the environment and the clients that every run uses."""

    def __init__(self, folder, arguments):
        self.folder = folder
        self.binary = str(pathlib.Path(arguments.binary).resolve())
        cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
        self.cache = pathlib.Path(cache) / "tilldeck" / "bench"
        # Nobody's own configuration plays a part, and nobody's own log gets lines.
        self.environment = {
            **{name: value for name, value in os.environ.items()
               if not name.startswith(("TILLDECK_", "PYTHON", "MONGODB_URI"))},
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "state"),
            "NO_COLOR": "1",
        }
        configuration = folder / "config" / "tilldeck" / "config.toml"
        configuration.parent.mkdir(parents=True)
        types = ["products", "orders", "categories", "brands", "users"]
        types += ["export", "few", "many", "giants"]
        configuration.write_text(f"[collections]\ntypes = {json.dumps(types)}\n")
        self.fetch_pymongo()
        self.mongosh = self.fetch_mongosh()

    def fetch_pymongo(self):
        ask = [sys.executable, "-c", "import pymongo"]
        if subprocess.run(ask, env=self.environment, capture_output=True).returncode == 0:
            return
        place = self.cache / f"pymongo-{PYMONGO}"
        if not place.exists():
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target"]
            partial = tempfile.mkdtemp(dir=self.folder)
            subprocess.run([*pip, partial, f"pymongo=={PYMONGO}"], check=True, timeout=LONGEST)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(partial, place)
        self.environment["PYTHONPATH"] = str(place)

    def fetch_mongosh(self):
        """The program, or None."""
        if found := shutil.which("mongosh"):
            return found
        place = self.cache / f"mongosh-{MONGOSH}"
        program = place / "node_modules" / ".bin" / "mongosh"
        if not program.exists() and shutil.which("npm"):
            place.mkdir(parents=True, exist_ok=True)
            npm = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--ignore-scripts"]
            subprocess.run([*npm, "--prefix", str(place), f"mongosh@{MONGOSH}"],
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST)
        if program.exists():
            return str(program)
        say("no mongosh: it is not installed, and npm did not bring it")
        return None

    def tilldeck(self, *words):
        return Program("tilldeck", [self.binary, *words], {})

    def pymongo(self, name, script, *words):
        path = self.script(name, ".py", PY_COMMON + script + PY_END)
        return Program(name, [sys.executable, str(path), *map(str, words)], {})

    def shell(self, script, *words):
        """The mongosh twin; nothing where there is no mongosh."""
        if self.mongosh is None:
            return []
        path = self.script("mongosh", ".js", JS_COMMON + script)
        argv = [self.mongosh, self.environment["MONGODB_URI"], "--quiet", "--norc", str(path)]
        return [Program("mongosh", argv, {"WORDS": " ".join(map(str, words))})]

    def script(self, name, ending, text):
        path = self.folder / f"{name.replace(' ', '-')}-{abs(hash(text))}{ending}"
        path.write_text(text)
        return path


class Program:
    """A command line that is measured, and how its output is read."""

    def __init__(self, name, argv, environment):
        self.name, self.argv, self.environment = name, argv, environment
        self.read = json.loads
        self.file = None

    def reading(self, read):
        """The same, where the result is a part of what it prints."""
        self.read = lambda text: read(json.loads(text, object_hook=plain))
        return self

    def writing(self, file):
        """The same, where the result is this file."""
        self.file = file
        return self

    def run(self, machine, output):
        """Seconds and peak bytes of one run; what it prints goes into the file."""
        if self.file:
            self.file.unlink(missing_ok=True)
        environment = {**machine.environment, **self.environment}
        errors = output.with_suffix(".err")
        with open(output, "wb") as out, open(errors, "wb") as err:
            start = time.monotonic()
            child = subprocess.Popen(self.argv, env=environment, stdin=subprocess.DEVNULL,
                                     stdout=out, stderr=err)
            try:
                peak = watch(child.pid, start + LONGEST)
            except BaseException:
                child.kill()
                child.wait()
                raise
            seconds = time.monotonic() - start
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            tail = errors.read_text(errors="replace")[-600:]
            raise Failure(f"{self.name} ended with {child.returncode}: {tail}")
        # The kernel's own figure begins with the memory of whoever started the process.
        if usage.ru_maxrss * 1024 > memory_of("self"):
            peak = usage.ru_maxrss * 1024
        return seconds, peak


def watch(pid, end):
    """Waits until a process has ended, without reaping it; the most memory that it had."""
    peak = 0
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        peak = max(peak, memory_of(pid))
        if time.monotonic() > end:
            raise Failure(f"not done in {LONGEST} s")
        time.sleep(0.002)
    return peak


def memory_of(pid):
    """The most bytes that were resident since the program was loaded; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def say(line):
    print(line, file=sys.stderr, flush=True)


def plain(value):
    """Extended JSON without the freedom that its writers have with dates."""
    date = value.get("$date")
    if isinstance(date, str):
        at = datetime.datetime.fromisoformat(date.replace("Z", "+00:00"))
        return {"$date": round(at.timestamp() * 1000)}
    return value


def apart(work):
    """Runs something in a fork, so that its memory is not that of the measurements."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        code = 0
        try:
            answer = work()
        except BaseException as error:
            code, answer = 1, f"{type(error).__name__}: {error}"
        os.write(writer, (answer or "")[:60_000].encode())
        os._exit(code)
    os.close(writer)
    with open(reader, "rb") as pipe:
        answer = pipe.read().decode()
    if os.waitpid(pid, 0)[1] != 0:
        raise Failure(answer or "a comparison ended")
    return answer


def compare(programs, outputs):
    """Fails unless every program came to the first one's result; how much that was."""
    if programs[0].file:
        return str(compare_lines([program.file for program in programs]))
    results = []
    for program, output in zip(programs, outputs):
        result = program.read(output.read_text())
        if not result:
            raise Failure(f"{program.name} found nothing")
        if results and result != results[0]:
            raise Failure(f"{program.name} differs from {programs[0].name}:\n"
                          f"{str(result)[:400]}\n{str(results[0])[:400]}")
        results.append(result)
    return str(len(results[0]))


def compare_lines(files):
    lines, decoder = 0, json.JSONDecoder(object_hook=plain)
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(open(file)) for file in files]
        while any(texts := [file.readline() for file in opened]):
            lines += 1
            if "" in texts:
                raise Failure(f"line {lines} is not in {files[texts.index('')]}")
            values = [decoder.decode(text) for text in texts]
            for value in values[1:]:
                if value != values[0]:
                    raise Failure(f"line {lines} differs:\n" + "".join(texts)[:800])
    if lines == 0:
        raise Failure("nothing was exported")
    return lines


class Task:
    """Programs that do the same, in paired runs."""

    def __init__(self, title, programs, expected=None):
        self.title, self.programs, self.expected = title, programs, expected
        for program in programs:
            if program.file is None and program.read is json.loads:
                program.reading(lambda value: value)
        self.runs = {program.name: [] for program in programs}

    def round(self, machine):
        """One run of each; the first also compares the results."""
        outputs = []
        for number, program in enumerate(self.programs):
            outputs.append(machine.folder / f"output-{number}")
            self.runs[program.name].append(program.run(machine, outputs[-1]))
        if len(self.runs[self.programs[0].name]) == 1:
            self.size = int(apart(lambda: compare(self.programs, outputs)))
            if self.expected not in (None, self.size):
                raise Failure(f"{self.title}: {self.size} results, not {self.expected}")

    def seconds(self, name):
        return statistics.median(seconds for seconds, _ in self.runs[name])

    def memory(self, name):
        return statistics.median(memory for _, memory in self.runs[name])

    def ratio(self, name, other=None):
        """How many times longer `name` took than tilldeck, or than a task with less to do."""
        than = other.runs[name] if other else self.runs["tilldeck"]
        return statistics.median(a / b for (a, _), (b, _) in zip(self.runs[name], than))


@contextlib.contextmanager
def fleet(machine, arguments):
    """A private fleet in which no orders come in; its URI. It ends with this."""
    argv = [machine.binary, "demo", "--headless", "--quiet", "--stores", str(STORES)]
    if arguments.keep:
        argv += ["--keep", arguments.keep]

    def end_with_us():
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)

    demo = subprocess.Popen(argv, env=machine.environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, text=True, preexec_fn=end_with_us)
    try:
        line = demo.stdout.readline()
        if not line:
            raise Failure("the demo fleet did not start")
        uri = json.loads(line)["uri"]
        if not uri.startswith("mongodb://127.0.0.1:"):
            raise Failure(f"{uri} is not on the loopback interface")
        yield uri
    finally:
        demo.terminate()
        try:
            demo.wait(30)
        except subprocess.TimeoutExpired:
            demo.kill()
            demo.wait()


def seed(machine, sizes):
    say(f"filling the fleet: {json.dumps(sizes)}")
    start = time.monotonic()
    # What pymongo connects to is the fleet's URI, as in every other script.
    seeding = machine.pymongo("seed", PY_SEED, json.dumps(sizes))
    child = subprocess.Popen(seeding.argv, env=machine.environment)
    try:
        if child.wait(3 * LONGEST) != 0:
            raise Failure("the fleet could not be filled")
    finally:
        child.kill()
        child.wait()
    say(f"filled in {time.monotonic() - start:.0f} s")


def by_store(value):
    return {row["store_id"]: row["document"]["count"] for row in value["rows"]}


def rows(value):
    return [row["document"] for row in value["rows"]]


def documents(value):
    return value["documents"]


def fan_out(machine):
    """What is asked of every store."""
    def by_hand(py, js):
        return [machine.pymongo("pymongo", PY_EACH + py),
                machine.pymongo("pymongo, 16 threads", PY_EACH_POOL + py),
                *machine.shell(js)]

    count = ["query", "orders", "--filter", "{status: 'completed'}", "--count", "--json"]
    top = ["query", "orders", "--sort", "{total: -1, _id: 1}", "--limit", "100", "--json"]
    return [
        Task("count", [machine.tilldeck(*count).reading(by_store), *by_hand(PY_COUNT, JS_COUNT)],
             STORES),
        Task("top", [machine.tilldeck(*top).reading(rows), *by_hand(PY_TOP, JS_TOP)], 100),
    ]


def export(machine, count):
    files = [machine.folder / f"export-{number}.jsonl" for number in range(3)]
    programs = [
        machine.tilldeck("find", "ST-0020", "export", "--all", "--output", str(files[0])),
        machine.pymongo("pymongo", PY_EXPORT, files[1]),
        *machine.shell(JS_EXPORT, files[2]),
    ]
    for program, file in zip(programs, files):
        program.writing(file)
    return Task("export", programs, count)


def one(machine, name):
    find = ["find", "ST-0020", "giants", "--filter", f"{{_id: '{name}'}}", "--limit", "1"]
    return Task(name, [
        machine.tilldeck(*find, "--json").reading(lambda value: value["documents"][0]),
        machine.pymongo("pymongo", PY_ONE, "giants", name),
        *machine.shell(JS_ONE, "giants", name),
    ])


def pages(machine, kind, count):
    """The first page of a collection, one in the middle, and the last, by `_id`; and the few
    documents that are left at the end of an order by a field with an index."""
    def after(filter, sort):
        """Where the first of these documents stands in the order."""
        argv = [machine.binary, *find, "--sort", sort, "--filter", filter, "--limit", "1"]
        found = subprocess.run(argv, env=machine.environment, timeout=60,
                               capture_output=True, text=True)
        if found.returncode != 0:
            raise Failure(f"no place to go on from in {kind}: {found.stderr}")
        return ["--sort", sort, "--after", json.loads(found.stdout)["next"]]

    find = ["find", "ST-0020", kind, "--json"]
    page = [*find, "--limit", str(PAGE)]
    middle, left = count // 2, 3
    of_middle = f"{{_id: {{$gte: {middle - 1}}}}}"
    of_end = f"{{stock: {STOCKS - 1}, _id: {{$gte: {count - 1 - left * STOCKS}}}}}"
    by_id, by_stock = "{_id: 1}", "{stock: 1, _id: 1}"
    ours = {
        "first": (0, PAGE, ["_id"], machine.tilldeck(*page).reading(documents)),
        "middle": (middle, PAGE, ["_id"],
                   machine.tilldeck(*page, *after(of_middle, by_id)).reading(documents)),
        "last": (count - PAGE, PAGE, ["_id"], machine.tilldeck(*page, "--sort", "{_id: -1}")
                 .reading(lambda value: documents(value)[::-1])),
        "end of an index": (count - left, left, ["stock", "_id"],
                            machine.tilldeck(*page, *after(of_end, by_stock)).reading(documents)),
    }
    return {
        place: Task(f"{place} of {kind}", [
            program,
            machine.pymongo("pymongo", PY_PAGE, kind, skip, PAGE, *keys),
            *machine.shell(JS_PAGE, kind, skip, PAGE, *keys),
        ], size)
        for place, (skip, size, keys, program) in ours.items()
    }


def number(count):
    return f"{count:,}".replace(",", " ")


def duration(seconds):
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def cell(task, name, extra=""):
    if name not in task.runs:
        return "–"
    ratio = "" if name == "tilldeck" else f" ({task.ratio(name):.1f}×)"
    return f"{duration(task.seconds(name))}{ratio}{extra}, {task.memory(name) / 1e6:.0f} MB"


def print_results(results, sizes):
    columns = ["tilldeck", "pymongo", "pymongo, 16 threads", "mongosh"]
    orders = STORES * sizes["orders"]
    titles = {
        "small": "one small document",
        "count": f"count in {STORES} stores, {number(orders)} orders",
        "top": f"the 100 largest of {number(orders)} orders in {STORES} stores",
        "export": f"export of {number(sizes['export'])} orders as JSON Lines",
        "big": f"a document of {sizes['big'] / 2**20:.0f} MB as JSON",
        "deep": "a document of 100 levels as JSON",
    }
    if results.keys() & titles.keys():
        print(f"| | {' | '.join(columns)} |")
        print("|---" * (len(columns) + 1) + "|")
    for name, title in titles.items():
        if task := results.get(name):
            cells = [cell(task, column) for column in columns]
            print(f"| {title} | {' | '.join(cells)} |")
    if task := results.get("export"):
        rates = [f"{name} {number(int(round(task.size / task.seconds(name), -3)))}"
                 for name in columns if name in task.runs]
        print(f"\nDocuments exported a second: {', '.join(rates)}.")
    if "few" not in results or "many" not in results:
        return
    columns = [name for name in columns if name in results["many"]["first"].runs]
    counts = [number(sizes["few"]), number(sizes["many"])]
    print(f"\n| page of {PAGE} | " + " | ".join(
        f"{name}{'' if name == 'tilldeck' else ', skip'}: {counts[0]} → {counts[1]}"
        for name in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for place, many in results["many"].items():
        few = results["few"][place]
        cells = [f"{duration(few.seconds(name))} → {duration(many.seconds(name))} "
                 f"({many.ratio(name, few):.1f}×)" for name in columns]
        print(f"| {place} | {' | '.join(cells)} |")


def measure(machine, arguments, results, sizes):
    # Tasks of one group take turns with each other too.
    groups = []
    if "fan-out" in arguments.only:
        tasks = fan_out(machine)
        groups += [([task], {task.title: task}) for task in tasks]
    if "export" in arguments.only:
        task = export(machine, sizes["export"])
        groups.append(([task], {"export": task}))
    if "one" in arguments.only:
        for name in ["small", "big", "deep"]:
            task = one(machine, name)
            groups.append(([task], {name: task}))
    if "pages" in arguments.only:
        few, many = (pages(machine, kind, sizes[kind]) for kind in ["few", "many"])
        both = [task for pair in zip(few.values(), many.values()) for task in pair]
        groups.append((both, {"few": few, "many": many}))
    for tasks, named in groups:
        for turn in range(arguments.runs):
            say(f"{', '.join(named)}: run {turn + 1} of {arguments.runs}")
            for task in tasks:
                task.round(machine)
        results.update(named)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default="target/release/tilldeck")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it still work?")
    parser.add_argument("--large", action="store_true", help="page through 10 000 000 documents")
    parser.add_argument("--runs", type=int, help="of which the median counts")
    parser.add_argument("--minutes", type=float, default=60, help="end after so long")
    parser.add_argument("--keep", metavar="DIR", help="keep the filled fleet for another time")
    groups = ["fan-out", "export", "one", "pages"]
    parser.add_argument("--only", nargs="+", choices=groups, default=groups)
    arguments = parser.parse_args()
    arguments.runs = arguments.runs or (2 if arguments.quick else 5)
    if not shutil.which(arguments.binary):
        parser.error(f"{arguments.binary} is no program: cargo build --release")
    sizes = {"orders": 2_000, "export": 1_000_000, "big": 16 * 2**20, "few": FEW,
             "many": 10_000_000 if arguments.large else 1_000_000, "stocks": STOCKS}
    if arguments.quick:
        sizes.update({"orders": 60, "export": 3_000, "big": 2**20, "many": 20_000})

    def too_long(*_):
        raise Failure(f"not done in {arguments.minutes:.0f} minutes")

    def ended(*_):
        raise Failure("ended by a signal")

    signal.signal(signal.SIGALRM, too_long)
    signal.signal(signal.SIGTERM, ended)
    signal.signal(signal.SIGHUP, ended)
    signal.setitimer(signal.ITIMER_REAL, arguments.minutes * 60)
    results, code = {}, 0
    try:
        with tempfile.TemporaryDirectory(prefix="tilldeck-browse-") as folder:
            machine = Machine(pathlib.Path(folder), arguments)
            with fleet(machine, arguments) as uri:
                machine.environment["MONGODB_URI"] = uri
                seed(machine, sizes)
                measure(machine, arguments, results, sizes)
    except (Failure, KeyboardInterrupt, subprocess.SubprocessError) as error:
        say(f"failed: {error or type(error).__name__}")
        code = 1
    print(f"{os.cpu_count()} cores, medians of {arguments.runs}\n")
    print_results(results, sizes)
    return code


if __name__ == "__main__":
    sys.exit(main())
