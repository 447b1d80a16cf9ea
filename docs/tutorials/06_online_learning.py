# %% [markdown]
# # Online learning
#
# You will let a classifier learn to read digits from a stream, and a detector find damaged
# pictures in it: first from what is there already, then live. Both are tools, and what they have
# learned is a stream.
#
# The pictures are the [handwritten digits](https://archive.ics.uci.edu/dataset/80) of E. Alpaydin
# and C. Kaynak (1998), from the UCI repository, licence [CC BY
# 4.0](https://creativecommons.org/licenses/by/4.0/). They come with scikit-learn; nothing is
# downloaded. This needs `pip install 'hyperstream[ml,notebook]'`.

# %%
from datetime import datetime, timedelta, timezone

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.naive_bayes import GaussianNB

from hyperstream import HyperStream, OnlineEngine, TimeInterval
from hyperstream.config import OnlineEngineConfig
from hyperstream.itertools2 import online_average
from hyperstream.storage.mongo.codec import encode_value

pictures, digits = load_digits(return_X_y=True)
pictures.shape

# %% [markdown]
# Each row is a picture of 8 × 8 pixels, from 0 to 16. We shuffle them, and damage 40: eight of
# their pixels get random values. So we know what the detector should find.

# %%
chance = np.random.default_rng(1)
order = chance.permutation(len(digits))
pictures, digits = pictures[order], digits[order]

damaged = np.zeros(len(digits), dtype=bool)
damaged[chance.choice(np.arange(200, len(digits)), 40, replace=False)] = True
for row in np.flatnonzero(damaged):
    pictures[row, chance.choice(64, 8, replace=False)] = chance.integers(0, 17, 8)


def show(ax, picture, title):
    ax.imshow(picture.reshape(8, 8), cmap="gray_r")
    ax.set(title=title, xticks=[], yticks=[])


fig, axes = plt.subplots(1, 8, figsize=(9, 1.8))
chosen = [*range(5), *np.flatnonzero(damaged)[:3]]
for ax, row in zip(axes, chosen, strict=True):
    show(ax, pictures[row], f"{digits[row]}\n{'damaged' if damaged[row] else ''}")

# %% [markdown]
# ## The workflow
#
# A picture comes every 10 ms. The first 800 have come already; the others will come while you
# read this.
#
# - `dataset` gives the rows of a table one after the other.
# - `minibatch` collects 20 rows, to learn from them together.
# - `classifier` predicts each table first, and then learns from it. So all predictions are of
#   pictures that it has not seen.
# - `anomaly_detector` learns mean and covariance of the pixels. Its score is the squared distance
#   from the mean in these terms, divided by the number of pixels: about 1 for usual pictures.

# %%
hs = HyperStream(file_logger=False, console_logger=False)
ml = hs.plugins.ml.factors

stride = timedelta(milliseconds=10)
first = datetime.now(timezone.utc) - 800 * stride
table_time = 20 * stride

workflow = hs.create_workflow("digits", "Digits", "you", "Learn to read", online=True)
with workflow:
    row = workflow.create_node("row", "memory")
    table = workflow.create_node("table", "mongo")
    reader = workflow.create_node("reader", "mongo")
    accuracy = workflow.create_node("accuracy", "mongo")
    window = workflow.create_node("window", "memory")
    recent = workflow.create_node("recent accuracy", "mongo")
    oddity = workflow.create_node("oddity", "mongo")

    row[None] = ml.dataset(
        sources=None, first=first, stride=stride, data=pictures, target=digits
    )
    table[None] = ml.minibatch(sources=[row], first=first, size=20)
    reader[None] = ml.classifier(
        sources=[table],
        first=first,
        estimator="GaussianNB",
        classes=range(10),
        options={"var_smoothing": 0.01},
    )
    accuracy[None] = hs.factors.component(sources=[reader], key="accuracy")
    window[None] = hs.factors.sliding_window(
        sources=None,
        first=first + 19 * stride,
        lower=-10 * table_time,
        upper=timedelta(0),
        increment=table_time,
    )
    recent[None] = hs.factors.sliding_apply(
        sources=[window, accuracy], func=online_average
    )
    oddity[None] = ml.anomaly_detector(
        sources=[table], first=first, warm_up=200, threshold=3
    )

workflow.to_graphviz()

# %% [markdown]
# ## Offline: what has come already

# %%
archive = TimeInterval(first - stride, first + 799 * stride)
workflow.execute(archive)

models = reader.streams[None]
last = models.window(archive).last().value
print("truth:       ", table.streams[None].window(archive).last().value["target"])
print("prediction:  ", last["prediction"])
print("accuracy:    ", last["accuracy"])
print("rows learned:", last["rows"])
for name in ["theta_", "var_", "class_count_"]:
    print(f"model: {name} of shape {last['model'][name].shape}")

# %% [markdown]
# The model is part of each value: arrays, under the names that scikit-learn gives them. There is
# nothing pickled in the database. MongoDB knows no arrays, so one is stored as its type, its
# shape and its bytes, and comes back as it was, to the last bit.

# %%
print(encode_value(np.array([[1, 2, 3]], dtype=np.int16)))

# %% [markdown]
# A plain loop over scikit-learn gives the very same model:

# %%
plain = GaussianNB(var_smoothing=0.01)
for start in range(0, 800, 20):
    part = slice(start, start + 20)
    plain.partial_fit(pictures[part], digits[part], classes=range(10))

print(np.array_equal(plain.theta_, last["model"]["theta_"]))

# %% [markdown]
# This classifier keeps the mean picture of each digit, `theta_`. As the models are a stream, we
# can look at it as it was at any time:

# %%
moments = [1, 3, 10, 40]
history = models.window(archive).values()
fig, axes = plt.subplots(1, 4, figsize=(9, 2.6))
for ax, n in zip(axes, moments, strict=True):
    show(ax, history[n - 1]["model"]["theta_"][3], f"3, after {20 * n} rows")

# %% [markdown]
# ## Online: what comes now
#
# The online engine executes all workflows that are online: here twelve times, once a second, each
# time up to half a second ago. `classifier` and `anomaly_detector` go on from the last model that
# is stored: nothing is learned twice.

# %%
settings = OnlineEngineConfig({"start": -60, "end": -0.5}, sleep=1, iterations=12)
OnlineEngine(hs, config=settings).execute()

end = min(models.calculated_intervals.end, first + len(digits) * stride)
everything = TimeInterval(archive.start, end)
print("rows learned:", models.window(everything).last().value["rows"])

# %% [markdown]
# Each table was predicted when it came, before it was learned. So the share of right predictions
# in the last ten tables is the learning curve.

# %%
fig, ax = plt.subplots(figsize=(9, 3.5))
recent.streams[None].window(everything).plot(ax=ax, label="in the last ten tables")
ax.axvline(archive.end, color="gray", linestyle="--", label="from here on live")
ax.set(title="Digits read correctly", ylabel="share", ylim=(0, 1))
ax.legend();

# %% [markdown]
# ## Anomalies
#
# The detector was told that more than 3 is an anomaly, and not to be learned. We know which
# pictures were damaged; it did not.

# %%
oddities = oddity.streams[None].window(everything).values()
scored = [value for value in oddities if "score" in value]
scores = np.concatenate([value["score"] for value in scored])
found = np.concatenate([value["anomaly"] for value in scored])
rows = np.arange(200, 200 + len(scores))  # after the warm-up
truth = damaged[rows]

print(f"damaged: {found[truth].sum()} of {truth.sum()} found")
print(f"others:  {found[~truth].sum()} of {(~truth).sum()} found by mistake")

# %%
fig, ax = plt.subplots(figsize=(9, 3.5))
ax.semilogy(rows[~truth], scores[~truth], ".", color="lightgray", label="as they were")
ax.semilogy(rows[truth], scores[truth], "o", color="tab:red", label="damaged by us")
ax.axhline(3, color="black", linewidth=0.8, label="threshold")
ax.axvline(800, color="gray", linestyle="--", label="from here on live")
ax.set(title="How unusual the pictures are", xlabel="picture", ylabel="score")
ax.set_ylim(0.2, 300)
ax.legend(loc="upper center", ncols=4);

# %% [markdown]
# The highest scores, with the digit before them: above of damaged pictures, below of those that
# were found by mistake. It is right that they are unusual.

# %%
fig, axes = plt.subplots(2, 8, figsize=(9, 3.2), layout="constrained")
by_score = np.argsort(scores)[::-1]
shown = [*by_score[truth[by_score]][:8], *by_score[(found & ~truth)[by_score]][:8]]
for ax in axes.flat:
    ax.axis("off")
for ax, n in zip(axes.flat, shown, strict=False):
    show(ax, pictures[rows[n]], f"{digits[rows[n]]}: {scores[n]:.1f}")
    ax.axis("on")

# %% [markdown]
# ## Another model on the same stream
#
# `classifier` knows seven classes of scikit-learn that learn by `partial_fit`. A linear one learns
# from the tables that are in the database, all at once.

# %%
linear = hs.channel_manager.memory.get_or_create_stream("linear")
tool = hs.plugins.ml.tools.classifier(
    first=first, estimator="SGDClassifier", classes=range(10), options={"loss": "log_loss"}
)
tool.execute(sources=[table.streams[None]], sink=linear, interval=everything)

fig, ax = plt.subplots(figsize=(9, 3.5))
for name, stream in [("naive Bayes", models), ("linear", linear)]:
    frame = stream.window(everything).to_pandas()
    ax.plot(frame["rows"], frame["accuracy"].rolling(10).mean(), label=name)
ax.set(title="Digits read correctly", xlabel="rows learned", ylabel="share", ylim=(0, 1))
ax.legend();

# %%
HyperStream.reset()

# %% [markdown]
# ## What to keep in mind
#
# - A model at any time has learned from all rows since `first`. Whoever asks for an interval gets
#   the same model, in whatever pieces and order it is computed.
# - A row that comes late changes all models after it: they are void, and are computed again when
#   they are next asked for.
# - The model is stored with each value. Let it learn from tables, not from rows, where it is
#   large.
#
# ## Where to go next
#
# - [Machine learning](../how_to/machine_learning.md): the same in short, for data of your own.
# - [From notebook to daemon](07_from_notebook_to_daemon.ipynb): let it run without a notebook.
# - [Your own tools](02_your_own_tools.ipynb): for a model that these tools do not know.
