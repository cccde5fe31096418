#!/usr/bin/env python3
"""crowd-kit 1.4.2 and krippendorff beside ours: measurements and the tables of docs/CONSENSUS.md only.

usage: consensus-oracle.py time FILE ROUNDS
           FILE holds labels as 32-bit integers: task, worker, label; prints the seconds of CPU that so many rounds of
           DawidSkene take
       consensus-oracle.py tables DATA PROGRAM
           prints the tables: DATA is ../shared/data, PROGRAM is .build/release/guildhall
"""
import json
import subprocess
import sys
import tempfile
import time
import warnings

import numpy
import pandas

warnings.filterwarnings("ignore")

SETS = ["adult2", "rte", "sentiment_sp_amt", "weather_amt", "weather_cf", "zencrowd_all"]
OURS = ["one-coin", "dawid-skene", "glad", "mace"]


def measure(path, rounds):
    from crowdkit.aggregation import DawidSkene

    numbers = numpy.fromfile(path, dtype=numpy.int32).reshape(-1, 3)
    data = pandas.DataFrame(numbers, columns=["task", "worker", "label"])
    start = time.process_time()
    DawidSkene(n_iter=rounds, tol=-1e300).fit(data)
    print(time.process_time() - start)


def ask(program, *arguments):
    command = [program, "consensus", *arguments, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def labels_by_us(program, path, method, *options):
    found = ask(program, "fit", path, "--method", method, *options)
    return pandas.Series({task["task"]: task["label"] for task in found["tasks"]})


def theirs(data, classes):
    from crowdkit import aggregation as kit

    methods = {
        "majority": kit.MajorityVote(), "one-coin": kit.OneCoinDawidSkene(100), "dawid-skene": kit.DawidSkene(100),
        "glad": kit.GLAD(), "mace": kit.MACE(), "m-msr": kit.MMSR(),
    }
    if classes == 2:
        methods["kos"] = kit.KOS()
    numpy.random.seed(0)
    return {name: method.fit_predict(data.copy()) for name, method in methods.items()}


def accuracy(found, truth):
    common = truth.index.intersection(found.index)
    return float((found[common] == truth[common]).mean())


def tie_fair(data, truth):
    sums = []
    for task, group in data[data.task.isin(truth.index)].groupby("task"):
        votes = group.label.value_counts()
        winners = list(votes[votes == votes.max()].index)
        sums.append((truth[task] in winners) / len(winners))
    return sum(sums) / len(sums)


def classification(folder, program):
    print("| set | majority: tie-fair, ours, theirs | " + " | ".join(OURS)
          + " | m-msr, kos (theirs) | ours with the prior: one-coin, dawid-skene, mace | best: ours, theirs |")
    print("| --- " * (len(OURS) + 5) + "|")
    for name in SETS:
        path = f"{folder}/crowd/{name}/answers.csv.gz"
        data = pandas.read_csv(path, dtype=str)[["task", "worker", "label"]]
        truth = pandas.read_csv(f"{folder}/crowd/{name}/truth.csv.gz", dtype=str).set_index("task").label
        fair = tie_fair(data, truth)
        kit = {method: accuracy(found, truth) for method, found in theirs(data, data.label.nunique()).items()}
        plain = {m: accuracy(labels_by_us(program, path, m, "--prior", "0"), truth) for m in ["majority"] + OURS}
        prior = {m: accuracy(labels_by_us(program, path, m), truth) for m in ["one-coin", "dawid-skene", "mace"]}
        cells = [f"{fair:.4f}, {plain['majority']:.4f}, {kit['majority']:.4f}"]
        cells += [f"{plain[m]:.4f} / {kit[m]:.4f}" for m in OURS]
        cells.append(", ".join(f"{kit[m]:.4f}" for m in ["m-msr", "kos"] if m in kit))
        cells.append(", ".join(f"{value:.4f}" for value in prior.values()))
        best = max(list(plain.values()) + list(prior.values()))
        cells.append(f"{best:.4f}, {max(kit.values()):.4f}")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def ukpconvarg1(folder):
    judgments = pandas.read_csv(f"{folder}/ukpconvarg1/judgments.csv.gz")
    pairs = pandas.read_csv(f"{folder}/ukpconvarg1/pairs.csv.gz")
    ranking = pandas.read_csv(f"{folder}/ukpconvarg1/ranking_pagerank.csv.gz")
    data = judgments.merge(pairs, on="pair_id").rename(columns={"arg1": "left", "arg2": "right"})
    data["label"] = numpy.where(
        data.value == "a1", data.left, numpy.where(data.value == "a2", data.right, "tie"))
    known = pairs[pairs.gold_label.isin(["a1", "a2"])]

    def score(scores):
        one, other = known.arg1.map(scores), known.arg2.map(scores)
        right = float(((one > other) == (known.gold_label == "a1")).mean())
        return rank_correlation(scores, [
            (group.arg_id, -group.rank_score) for _, group in ranking.groupby("topic")]), right

    return data[["worker", "left", "right", "label"]], score


def sigir2010(folder):
    judgments = pandas.read_csv(f"{folder}/sigir2010_preference/judgments.csv.gz", encoding="latin1")
    ranking = pandas.read_csv(f"{folder}/sigir2010_preference/MTurk.qrel", sep="\t", header=None)
    query = judgments["Input.query"]
    data = pandas.DataFrame({
        "worker": judgments.WorkerId, "left": query + "|" + judgments["Input.docA"],
        "right": query + "|" + judgments["Input.docB"]})
    said = judgments["Answer.radio"]
    data["label"] = numpy.where(said == "a", data.left, numpy.where(said == "b", data.right, "tie"))
    return data, lambda scores: (rank_correlation(scores, [
        (name + "|" + group[2], -group[3]) for name, group in ranking.groupby(1)]), None)


def rank_correlation(scores, groups):
    """Spearman's, the mean over groups of items."""
    from scipy.stats import spearmanr

    found = []
    for items, ranks in groups:
        known = items.map(scores)
        if known.notna().sum() > 2:
            found.append(spearmanr(known[known.notna()], ranks[known.notna()])[0])
    return float(numpy.mean(found))


def pairwise(folder, program):
    from crowdkit import aggregation as kit

    print("\n| set | measure | crowd-kit: bradley-terry, noisy | bradley-terry, prior 0 | bradley-terry | noisy-bt |")
    print("| --- " * 6 + "|")
    for name, read in [("ukpconvarg1", ukpconvarg1), ("sigir2010_preference", sigir2010)]:
        data, score = read(folder)
        decided = data[data.label != "tie"].copy()
        found = [score(kit.BradleyTerry(100).fit_predict(decided)), score(kit.NoisyBradleyTerry(100).fit_predict(decided))]
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            data.to_csv(file.name, index=False)
            for options in [["bradley-terry", "--prior", "0"], ["bradley-terry"], ["noisy-bt"]]:
                items = ask(program, "pairwise", file.name, "--method", *options)["items"]
                found.append(score(pandas.Series({item["item"]: item["score"] for item in items})))
        for place, title in enumerate(["Spearman, mean of groups", "known pairs in the right order"]):
            if found[0][place] is not None:
                values = [f"{each[place]:.4f}" for each in found]
                print(f"| {name} | {title} | {values[0]}, {values[1]} | " + " | ".join(values[2:]) + " |", flush=True)


def agreement(folder, program):
    import krippendorff

    table = pandas.read_csv(f"{folder}/echr_article6/annotations_long.csv.gz")
    data = pandas.DataFrame({
        "task": table.case_id + "|" + table.factor, "worker": table.annotator,
        "label": table.ascription.map({"-": -1, "0": 0, "+": 1})})
    matrix = data.pivot(index="worker", columns="task", values="label").to_numpy(dtype=float)
    print("\n| level | ours | krippendorff |")
    print("| --- | --- | --- |")
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        data.to_csv(file.name, index=False)
        for level in ["nominal", "ordinal", "interval"]:
            ours = ask(program, "alpha", file.name, "--level", level, "--draws", "0")["alpha"]
            other = krippendorff.alpha(reliability_data=matrix, level_of_measurement=level)
            print(f"| {level} | {ours:.6f} | {other:.6f} |")


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "time":
        measure(sys.argv[2], int(sys.argv[3]))
    elif len(sys.argv) == 4 and sys.argv[1] == "tables":
        classification(sys.argv[2], sys.argv[3])
        pairwise(sys.argv[2], sys.argv[3])
        agreement(sys.argv[2], sys.argv[3])
    else:
        sys.exit(__doc__)
