#!/usr/bin/env python3
"""Optimal values by other people's solvers, to compare the matching with: tests and measurements only.

usage: oracle.py FILE

FILE holds instances one after the other, as 64-bit integers in the machine's order:

    0, rows, columns, the costs by row                      assignment (scipy.optimize.linear_sum_assignment)
    1, tasks, workers, pairs, slots of the tasks, places of the workers,
       the tasks of the pairs, their workers, their values  transport (OR-tools' SimpleMinCostFlow)

Prints for each a line: the least cost, or the greatest value; seconds of CPU that the solver took, without reading the
file and building the graph; seconds of CPU with building the graph.
"""
import sys
import time

import numpy


def assignment(numbers):
    from scipy.optimize import linear_sum_assignment

    rows, columns = numbers.some(2)
    start = time.process_time()
    costs = numbers.array(rows * columns).reshape(rows, columns)
    left, right = linear_sum_assignment(costs)
    seconds = time.process_time() - start
    return int(costs[left, right].sum()), seconds, seconds


def transport(numbers):
    from ortools.graph.python import min_cost_flow

    tasks, workers, pairs = numbers.some(3)
    slots, places = numbers.array(tasks), numbers.array(workers)
    task, worker, value = (numbers.array(pairs) for _ in range(3))
    start = time.process_time()
    flow = min_cost_flow.SimpleMinCostFlow()
    source, sink = tasks + workers, tasks + workers + 1
    everything = int(slots.sum())
    ones = numpy.ones(pairs, dtype=numpy.int64)
    add = flow.add_arcs_with_capacity_and_unit_cost
    add(task, tasks + worker, ones, -value)
    add(numpy.full(tasks, source), numpy.arange(tasks), slots, numpy.zeros(tasks, dtype=numpy.int64))
    add(tasks + numpy.arange(workers), numpy.full(workers, sink), places, numpy.zeros(workers, dtype=numpy.int64))
    flow.add_arc_with_capacity_and_unit_cost(source, sink, everything, 0)
    flow.set_node_supply(source, everything)
    flow.set_node_supply(sink, -everything)
    built = time.process_time()
    status = flow.solve()
    end = time.process_time()
    if status != flow.OPTIMAL:
        sys.exit(f"oracle: SimpleMinCostFlow ended with {status}")
    return -flow.optimal_cost(), end - built, end - start


class Numbers:
    """The file's numbers, taken from the front."""

    def __init__(self, path):
        self.all = numpy.fromfile(path, dtype=numpy.int64)
        self.place = 0

    def is_left(self):
        return self.place < len(self.all)

    def array(self, count):
        taken = self.all[self.place : self.place + count]
        if len(taken) < count:
            sys.exit("oracle: the file is cut short")
        self.place += count
        return taken

    def some(self, count):
        return [int(number) for number in self.array(count)]


def main():
    numbers = Numbers(sys.argv[1])
    while numbers.is_left():
        (kind,) = numbers.some(1)
        optimum, seconds, whole = (assignment if kind == 0 else transport)(numbers)
        print(optimum, f"{seconds:.3f}", f"{whole:.3f}", flush=True)


if __name__ == "__main__":
    main()
