"""Owns the lines of random programs in which loops carry arrays: counts that change, conditions in conditions, early returns.

Each names its operand {0} and its result {v}.
"""

from __future__ import annotations

LOOPS: tuple[str, ...] = (
    "{v} = {0} * 1.0\nfor i in range(int(np.abs(np.ravel({0})[0]) * 2) + 1):\n    {v} = np.sin({v}) + 0.1 * i",
    ("{v}, {v}sum = {0} * 1.0, 0.0 * {0}\nfor i in range(2 + int(np.sum({0} > 0.5)) % 4):\n    {v}sum = {v}sum + {v} * i\n"
     "    {v} = np.tanh({v} + {v}sum)"),
    ("{v}, {v}old, i = {0} * 0.5, {0} * 1.0, 0\nwhile np.max(np.abs({v} - {v}old)) > 0.2 and i < 8:\n"
     "    {v}, {v}old, i = 0.5 * ({v} + np.cos({v})), {v}, i + 1"),
    ("{v} = {0} * 1.0\nfor i in range(len({v})):\n    if {v}.flat[i] > 0:\n        if np.sum({v}[i]) > 0.5:\n"
     "            {v}[i] *= 0.5\n        elif i % 2:\n            {v}[i] = {v}[0] * 0.25\n    else:\n"
     "        {v}[i] -= np.mean({v})"),
    ("def {v}early(x):\n    if np.sum(x) > 1:\n        return x * 2\n    for i in range(len(x)):\n"
     "        if np.sum(x[i]) > 0.5:\n            return x[::-1] * np.sum(x[i])\n        if np.sum(x[i]) < -1:\n"
     "            return np.sin(x) + i\n    return np.exp(x)\n{v} = {v}early({0})"),
    ("{v} = np.zeros((4, *{0}.shape), like={0})\n{v}[0] = {0}\nfor i in range(1, 4):\n    {v}[i] = {v}[i - 1] * {0}\n"
     "    {v}[i, ::2] -= {v}[i - 1, ::2]\n    {v}[:i] += 0.1 * {v}[i]"),
    ("{v}state = [{0} * 1.0, {0} * 0.5]\nfor i in range(3):\n"
     "    {v}state[i % 2] = np.tanh({v}state[0] - {v}state[1]) + i\n{v} = {v}state[0] * {v}state[1]"),
    ("{v}state = {'a': {0} * 1.0, 'n': 0}\nwhile np.sum({v}state['a'] ** 2) > 1 and {v}state['n'] < 5:\n"
     "    {v}state['a'] *= 0.6\n    {v}state['n'] += 1\n{v} = {v}state['a'] + {v}state['n']"),
    ("{v} = {0} * 1.0\nfor i in range(len({v}) - 1, 0, -1):\n    {v}[i - 1] += 0.3 * {v}[i]\n"
     "    if np.any({v}[i - 1] > 2):\n        {v}[i - 1] = np.clip({v}[i - 1], -1, 2)\n        continue\n    {v}[i] *= 0.5"),
    ("{v}rows = []\nfor row in {0}:\n    if np.sum(row) > 0 or not {v}rows:\n        {v}rows.append(row * len({v}rows))\n"
     "{v} = np.stack({v}rows)"),
    "{v} = {0} * 1.0\n{v}order = np.argsort(np.ravel({0}))\nfor place in {v}order[:4]:\n    {v}.flat[int(place)] *= 0.5",
    "{v} = {0} * 1.0\nfor i in range(3):\n    {v}k = np.argmax(np.abs({v}))\n    {v}.flat[{v}k] = {v}.flat[{v}k] * 0.5\n",
    ("{v} = {0} * 1.0\nfor i in range(2):\n    {v}k = np.argmax({v}, axis=0)\n"
     "    {v} = {v} - np.take_along_axis({v}, {v}k[None], 0) * 0.5"),
    ("{v} = {0} * 1.0\nfor i in range(4):\n    {v} = np.where({v} > 0.5, {v} * 0.5, {v} + 0.25 * i)\n"
     "    {v}[0], {v}[-1] = {v}[-1] * 1.0, {v}[0] * 1.0"),
    ("{v}low, {v}high = 0.0 * {0}, np.abs({0}) + 1\nfor i in range(6):\n    {v}mid = 0.5 * ({v}low + {v}high)\n"
     "    {v}is = {v}mid ** 2 < np.abs({0})\n    {v}low = np.where({v}is, {v}mid, {v}low)\n"
     "    {v}high = np.where({v}is, {v}high, {v}mid)\n{v} = {v}low"),
    ("def {v}power(x, n):\n    if n == 0:\n        return x * 0 + 1\n    half = {v}power(x, n // 2)\n"
     "    return half * half * (x if n % 2 else 1)\n{v} = {v}power(np.tanh({0}), 1 + int(np.sum({0} > 0)) % 6)"),
    ("{v}a, {v}b = np.ravel({0})[:3] * 1.0, np.ravel({0})[:3] * 0.5\nfor i in range(3):\n    {v}b[i:] += {v}a[i]\n"
     "    {v}a, {v}b = {v}b, {v}a\n{v} = {v}a - {v}b"),
    ("{v}view = {0}[::-1] * 1.0\n{v} = {v}view\nfor i in range(1, len({v})):\n    {v}view[i] += {v}view[i - 1]\n"
     "    {v} = {v}view * 2"),
    ("{v}m = np.eye(2) * np.ravel({0})[0]\nfor i in range(3):\n"
     "    {v}m = {v}m @ np.array([[1.0, 0.1], [-0.1, 1.0]]) + i * np.eye(2)\n{v} = {v}m"),
    ("{v} = {0} * 0.0\n{v}total = 0.0\nfor i, part in enumerate(np.ravel({0})[:5]):\n    if part > 0:\n"
     "        {v}total += part\n    elif {v}total > 1:\n        break\n    {v} = {v} + {v}total * (i + 1)"),
    ("{v}best, {v}place = np.ravel({0})[0], 0\nfor i in range(1, min({0}.size, 5)):\n    if np.ravel({0})[i] > {v}best:\n"
     "        {v}best, {v}place = np.ravel({0})[i], i\n{v} = {v}best * {v}place + {0}"),
    ("try:\n    {v} = {0} * 1.0\n    for i in range(len({v})):\n        if np.sum({v}[i]) < -0.5:\n"
     "            raise StopIteration\n        {v}[i] *= 0.5\nexcept StopIteration:\n    {v} = {v} - 1\nfinally:\n"
     "    {v} = {v} * 1.5"),
    ("{v} = {0} * 1.0\nfor i in range(len({v})):\n    for j in range(i):\n        if {v}.flat[j] > {v}.flat[i]:\n"
     "            {v}.flat[i], {v}.flat[j] = {v}.flat[j], {v}.flat[i]\n    if i > 3:\n        break"),
    ("{v}buffer = np.zeros(({0}.size + 2,), like={0})\nfor i in range({0}.size):\n"
     "    {v}buffer[i + 2] = 0.5 * {v}buffer[i + 1] - 0.25 * {v}buffer[i] + np.ravel({0})[i]\n    if i > 6:\n"
     "        break\n{v} = {v}buffer[2:]"),
)  # fmt: skip
