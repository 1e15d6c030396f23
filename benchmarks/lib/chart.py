"""Small SVG charts for light and dark pages: the background is transparent, and the text follows the colour scheme."""

import math
from html import escape

COLOURS = ["#3b82f6", "#9ca3af", "#d97706", "#10b981", "#a855f7", "#ef4444", "#0891b2"]
STYLE = """<style>
text{font:12px system-ui,sans-serif;fill:#374151}.title{font-weight:600;font-size:14px}.axis{stroke:#9ca3af}
.grid{stroke:#9ca3af;stroke-opacity:.3}.whisker{stroke:#374151}
@media(prefers-color-scheme:dark){text{fill:#d1d5db}.whisker{stroke:#d1d5db}}
</style>"""


def bars(title, unit, values):
    """Horizontal bars. `values`: {label: number or rounds.spread(...)}, the first one ours."""
    left, right, height, top = 190, 90, 26, 44
    width = 640
    most = max((_most(each) for each in values.values()), default=1) or 1
    scale = (width - left - right) / most
    parts = [_text(0, 18, title, "title"), _text(0, 34, unit)]
    for index, (label, value) in enumerate(values.items()):
        y = top + index * (height + 8)
        middle = value["median"] if isinstance(value, dict) else value
        parts.append(_text(left - 8, y + 17, label, anchor="end"))
        parts.append(f'<rect x="{left}" y="{y}" width="{max(1, middle * scale):.1f}" height="{height}" rx="3" '
                     f'fill="{COLOURS[0] if index == 0 else COLOURS[1]}"/>')
        end = left + middle * scale
        if isinstance(value, dict):
            low, high = left + value["min"] * scale, left + value["max"] * scale
            parts.append(f'<path class="whisker" fill="none" d="M{low:.1f} {y + 13}H{high:.1f}M{low:.1f} {y + 8}v10'
                         f'M{high:.1f} {y + 8}v10"/>')
            end = max(end, high)
        parts.append(_text(end + 6, y + 17, _number(middle)))
    return _svg(width, top + len(values) * (height + 8), title, parts)


def lines(title, x_unit, y_unit, series, log_x=False, log_y=False, x_labels=None):
    """Lines. `series`: {label: [(x, y), ...]}; `x_labels`: {x: text} in place of numbers along the axis."""
    width, height, left, top, below = 640, 320, 64, 66, 40
    points = [each for line in series.values() for each in line]
    if not points:
        return _svg(width, height, title, [_text(0, 18, title, "title")])

    def axis(values, logarithmic, low_end, high_end):
        low, high = min(values), max(values)
        if logarithmic:
            low, high = math.log10(max(low, 1e-9)), math.log10(max(high, 1e-9))
        else:
            low = min(low, 0)
        span = (high - low) or 1

        def place(value):
            value = math.log10(max(value, 1e-9)) if logarithmic else value
            return low_end + (value - low) / span * (high_end - low_end)
        ticks = [low + span * step / 4 for step in range(5)]
        return place, [10 ** each if logarithmic else each for each in ticks]

    place_x, ticks_x = axis([x for x, _ in points], log_x, left, width - 20)
    place_y, ticks_y = axis([y for _, y in points], log_y, height - below, top)
    parts = [_text(0, 18, title, "title"), _text(0, 34, y_unit)]
    for tick in ticks_y:
        y = place_y(tick)
        parts += [f'<path class="grid" d="M{left} {y:.1f}H{width - 20}"/>', _text(left - 6, y + 4, _number(tick), anchor="end")]
    for tick, label in (x_labels or {tick: _number(tick) for tick in ticks_x}).items():
        parts.append(_text(place_x(tick), height - below + 16, label, anchor="middle"))
    parts.append(f'<path class="axis" d="M{left} {height - below}H{width - 20}"/>')
    parts.append(_text((left + width) / 2, height - 6, x_unit, anchor="middle"))
    legend = 0
    for index, (label, line) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        path = " ".join(f"{place_x(x):.1f},{place_y(y):.1f}" for x, y in line)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{path}"/>')
        parts.append(f'<rect x="{legend}" y="42" width="12" height="12" rx="2" fill="{colour}"/>')
        parts.append(_text(legend + 17, 52, label))
        legend += 40 + 7 * len(label)
    return _svg(width, height, title, parts)


def _most(value):
    return value["max"] if isinstance(value, dict) else value


def _number(value):
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _text(x, y, text, kind="", anchor=""):
    more = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(str(text))}</text>'


def _svg(width, height, title, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="{escape(title, quote=True)}">\n{STYLE}\n' + "\n".join(parts) + "\n</svg>\n")
