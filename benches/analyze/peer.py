"""DuckDB in the bench: answers the question of standard input's each line, and how many milliseconds that took."""

import sys
import time

import duckdb

flights, question = sys.argv[1:3]
db = duckdb.connect(sys.argv[3])
db.execute("SET threads = 1")
db.execute(f"CREATE TABLE flights AS SELECT * FROM read_csv('{flights}', nullstr = ['NA', ''])")
print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    rows = db.execute(question).fetchall()
    milliseconds = (time.perf_counter() - start) * 1e3
    print(milliseconds, "|".join(",".join(str(value) for value in row) for row in rows), flush=True)
