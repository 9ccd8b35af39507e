"""PyIceberg and DuckDB read the tables of a lake and compare them with what is expected.

Reads a question as JSON from each line of the input, and answers each with a line: `{"problem": …}` if what an engine says
differs from what is expected, or it says an error.
"""

import json
import sys
import traceback

import inspection
import writing
from reading import compare, parquet

QUESTIONS = {"compare": compare, "inspect": inspection.inspect, "parquet": parquet, "write": writing.write}


def answer(question):
    try:
        return QUESTIONS[question.pop("do")](**question)
    except Exception:
        return {"problem": traceback.format_exc()}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
