"""Colours as screens show and eyes see them. Arrays end in 3: sRGB of 0 to 255, linear light of 0 to 1, or CIELAB."""

import numpy as np

LUMINANCE_3 = np.array([0.2126, 0.7152, 0.0722], np.float32)  # of linear red, green and blue: ITU-R BT.709
_TO_XYZ_33 = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip
_D65_3 = np.array([0.95047, 1.0, 1.08883])


def to_linear(srgb: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1."""
    share = srgb.astype(np.float32) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: np.ndarray) -> np.ndarray:
    """Floats; what is out of range is brought into it."""
    share = np.clip(linear, 0, 1)
    return np.asarray(np.where(share <= 0.0031308, share * 12.92, 1.055 * share ** (1 / 2.4) - 0.055) * 255)


def luminance(srgb: np.ndarray) -> np.ndarray:
    """Relative luminance, 0 to 1; one axis less."""
    return to_linear(srgb) @ LUMINANCE_3


def contrast(luminance_a: np.ndarray, luminance_b: np.ndarray) -> np.ndarray:
    """WCAG 2.2's contrast ratio, 1 to 21."""
    lighter, darker = np.maximum(luminance_a, luminance_b), np.minimum(luminance_a, luminance_b)
    return np.asarray((lighter + 0.05) / (darker + 0.05))


def to_lab(srgb: np.ndarray) -> np.ndarray:
    """CIELAB under D65."""
    xyz = to_linear(srgb).astype(np.float64) @ _TO_XYZ_33.T / _D65_3
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def delta_e(lab_a: np.ndarray, lab_b: np.ndarray) -> np.ndarray:
    """CIEDE2000: 1 is just seen. Names and steps as in Sharma, Wu and Dalal, Color Res. Appl. 30 (2005) 21-30."""
    (l1, a1, b1), (l2, a2, b2) = (np.moveaxis(lab, -1, 0) for lab in np.broadcast_arrays(lab_a, lab_b))
    c_mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(c_mean**7 / (c_mean**7 + 25.0**7)))
    c1, c2 = np.hypot((1 + g) * a1, b1), np.hypot((1 + g) * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, (1 + g) * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    is_grey = c1 * c2 == 0
    turn = np.where(is_grey, 0, (h2 - h1 + 180) % 360 - 180)
    dl, dc, dh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    h = np.where(is_grey, h1 + h2, h1 + turn / 2) % 360
    light, c = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * _cos(h - 30) + 0.24 * _cos(2 * h) + 0.32 * _cos(3 * h + 6) - 0.20 * _cos(4 * h - 63)
    s_l = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c, 1 + 0.015 * c * t
    rotation = 2 * np.sqrt(c**7 / (c**7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((h - 275) / 25) ** 2))))
    dl, dc, dh = dl / s_l, dc / s_c, dh / s_h
    return np.asarray(np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 - rotation * dc * dh, 0)))


def _cos(degrees: np.ndarray) -> np.ndarray:
    return np.asarray(np.cos(np.radians(degrees)))
