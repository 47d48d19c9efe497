"""Owns the lines of random programs in which Python decides, loops, sorts and recurses on values.

Each names its operand {0} and its result {v}.
"""

from __future__ import annotations

FLOWS: tuple[str, ...] = (
    "if np.sum({0}) > 0:\n    {v} = {0} * 2\nelse:\n    {v} = {0} - 1",
    "{v} = {0}\nfor step in range(3):\n    {v} = np.sin({v}) + step",
    "{v}, step = {0} * 1.0, 0\nwhile np.sum(np.abs({v})) > 1.5 and step < 6:\n    {v}, step = {v} * 0.5, step + 1",
    "{v} = {0} * 1.0\nfor part in np.ravel({0})[:3]:\n    if part > 0.5:\n        break\n    {v} = {v} + part",
    "{v} = sum(float(step) * part for step, part in enumerate(np.ravel({0})[:4]))",
    "{v} = {0} * (1 + int(np.sum({0} > 0)) % 3)",
    "{v} = sorted(np.ravel({0})[:4])[0] + max(np.ravel({0})[:4])",
    "{v} = np.stack([part * place for place, part in enumerate({0})])",
    "{v} = np.mean([part > 0 for part in np.ravel({0})[:3]]) * {0}",
    "{v} = {0} * np.ravel({0})[0].item()",
    "{v} = sum(np.ravel({0})[:3].tolist()) * {0}",
    "{v} = {0} * round(np.ravel({0})[0] * 1) + round(np.ravel({0})[-1] * 1) // 2",
    ("{v}found = []\ndef {v}note(part):\n    {v}found.append(part)\n    return sum({v}found)\n"
     "{v} = sum({v}note(part) for part in np.ravel({0})[:3]) * {0}"),
    "try:\n    if np.sum({0}) > 0.5:\n        raise ValueError\n    {v} = {0} * 3\nexcept ValueError:\n    {v} = {0} - 2",
    "for {v}part in np.ravel({0})[:4]:\n    if {v}part > 1:\n        {v} = {0} * {v}part\n        break\nelse:\n    {v} = -{0}",
    ("match len([part for part in np.ravel({0})[:4] if 0 < part <= 1.5]):\n    case 0 | 1:\n        {v} = {0} * 2\n"
     "    case count if count > 2:\n        {v} = {0} / count\n    case _:\n        {v} = np.tanh({0})"),
    "{v} = sum(square for part in np.ravel({0})[:5] if (square := part * part) > 0.3) + 0.0 * {0}",
    "{v} = {0} + 1 if any(part > 1 for part in np.ravel({0})[:3]) else {0} * all(part > -1 for part in np.ravel({0})[:3])",
    ("{v} = sorted(np.ravel({0})[:5], key=lambda part: -abs(part))[0]\n"
     "{v} = {v} * min(np.ravel({0})[:5], key=lambda part: (part - 0.5) ** 2)"),
    ("{v}groups = {}\nfor part in np.ravel({0})[:5]:\n    {v}groups.setdefault(bool(part > 0), []).append(part)\n"
     "{v} = sum((1 + sign) * sum(parts) ** 2 for sign, parts in {v}groups.items()) * {0}"),
    ("def {v}fold(parts):\n    if len(parts) < 2:\n        return parts[0]\n    half = len(parts) // 2\n"
     "    left, right = {v}fold(parts[:half]), {v}fold(parts[half:])\n    return left - right if left > right else left * right\n"
     "{v} = {v}fold(np.ravel({0})[:6])"),
    ("{v}low, {v}high = 0.0 * np.ravel({0})[0], 2.0 + np.abs(np.ravel({0})[0])\nwhile True:\n    {v} = ({v}low + {v}high) / 2\n"
     "    if not {v}high - {v}low >= 0.05:\n        break\n    if {v} ** 2 < np.abs(np.ravel({0})[0]):\n        {v}low = {v}\n"
     "    else:\n        {v}high = {v}"),
    "{v}cut = int(np.sum({0} > 0.2)) % len({0})\n{v} = np.concatenate([{0}[{v}cut:] * 2, {0}[:{v}cut]])",
    "{v} = {0} * next((part for part in np.ravel({0})[:4] if part < -0.5), 1.5)",
    ("{v}best = [part for part in {0}]\nfor i, (part, other) in enumerate(zip({v}best, {v}best[1:])):\n"
     "    if np.sum(part) < np.sum(other):\n        {v}best[i], {v}best[i + 1] = other, part\n{v} = np.stack({v}best)"),
    ("{v} = {0} * 1.0\nfor i in np.ndindex({v}.shape[:1]):\n    if np.sum({v}[i]) > 0:\n        {v}[i] *= 0.5\n"
     "    elif i[0]:\n        {v}[i] += {v}[i[0] - 1]"),
    "{v} = {0} * (2.0 if str(len({0})) == '3' else 0.5)", "assert np.sum({0}) < 1e9, 'large'\n{v} = {0} * 1.5",
    "with np.errstate(all='ignore'):\n    {v} = np.where({0} > 0, np.sqrt(np.maximum({0}, 0)), {0})",
)  # fmt: skip
