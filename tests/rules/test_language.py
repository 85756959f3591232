from __future__ import annotations

import pytest

from simengine.rules.language import known_language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The ferry leaves at noon.", "en"),
        ("Dogs chase cats.", "en"),
        ("Gustav Müller", "en"),
        ("El Camino de la Reina", ""),
        ("She walked the Camino de la Reina with her brother in May.", "en"),
        ("Standing desk, oak, 120 x 60 cm, white", "en"),
        ("He ordered a crème brûlée at the café.", "en"),
        ("", "en"),
        ("12:30", "en"),
        ("渡轮中午出发。", "zh"),
        ("渡輪中午出發。", "zh"),
        ("我用 Python 3.12 和 Docker Compose 写了一个服务。", "zh"),
        ("フェリーは正午に出発します。", ""),
        ("여객선은 정오에 출발합니다.", ""),
        ("Паром отходит в полдень.", ""),
        ("تغادر العبّارة عند الظهر.", ""),
        ("เรือข้ามฟากออกตอนเที่ยง", ""),
        ("Die Fähre fährt um zwölf Uhr ab.", ""),
        ("Le bac part à midi.", ""),
        ("El transbordador sale al mediodía.", ""),
        ("Il traghetto parte a mezzogiorno e torna la sera.", ""),
        ("A balsa não sai ao meio-dia.", ""),
        ("De veerboot vertrekt om twaalf uur.", ""),
        ("Feri itu berangkat pada siang hari.", ""),
        ("Feribot öğlen kalkar ve akşam döner.", ""),
        ("Prom odpływa w południe.", ""),
        ("Phà khởi hành lúc giữa trưa.", ""),
        ("Färjan går klockan tolv och kommer tillbaka.", ""),
    ],
)
def test_english_and_chinese_are_known_and_other_languages_are_not(text: str, expected: str) -> None:
    assert known_language(text) == expected
