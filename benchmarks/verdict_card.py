"""Verdicts on 40 pairs of everyday kinds, right and wrong ones, for the README.

python benchmarks/verdict_card.py      judge the pairs, write results/verdict_card.json

The pairs were written before any model had seen them, and none was exchanged after.
"""

from __future__ import annotations

from _common import write_result

from simengine.engine.loaded import LoadedModels

E, N, C = "entailment", "neutral", "contradiction"
PAIRS = (
    ("The pool is closed for repairs until June.", "You cannot swim in the pool in May.", E),
    ("The pool is closed for repairs until June.", "The pool is open all spring.", C),
    ("The pool is closed for repairs until June.", "The repairs are paid for by the city.", N),
    (
        "Parcels over 20 kg are not accepted at the counter.",
        "A parcel of 25 kg is accepted at the counter.",
        C,
    ),
    ("Parcels over 20 kg are not accepted at the counter.", "The counter accepts parcels of any weight.", C),
    ("Membership costs 35 euros a year.", "You pay 35 euros for a year of membership.", E),
    ("Membership costs 35 euros a year.", "Membership costs 53 euros a year.", C),
    ("Membership costs 35 euros a year.", "Membership includes a free guest pass.", N),
    ("The tenant must give two months' notice.", "The landlord must give two months' notice.", N),
    (
        "The supplier shall not be liable for indirect damages.",
        "The supplier is liable for indirect damages.",
        C,
    ),
    ("Anna sold her bicycle to Marco.", "Marco bought a bicycle from Anna.", E),
    ("Anna sold her bicycle to Marco.", "Marco sold his bicycle to Anna.", C),
    ("The invoice was approved by the finance team.", "The finance team approved the invoice.", E),
    ("The battery lasts up to ten hours.", "The battery lasts at least twelve hours.", C),
    ("All rooms have a balcony.", "Some rooms have no balcony.", C),
    ("Most rooms have a balcony.", "Every room has a balcony.", C),
    ("Returns are possible within 30 days.", "You may return an item after three weeks.", E),
    ("Returns are possible within 30 days.", "You may return an item after six weeks.", C),
    ("The meeting was moved from Tuesday to Thursday.", "The meeting takes place on Thursday.", E),
    ("The train to Lyon leaves at 9:40.", "The soup of the day is tomato.", N),
    ("图书馆周一闭馆。", "周一可以去图书馆借书。", C),
    ("图书馆周一闭馆。", "图书馆周一不开放。", E),
    ("图书馆周一闭馆。", "图书馆周日开放到晚上九点。", N),
    ("会员每年缴费三百元。", "会员一年要交三百元。", E),
    ("会员每年缴费三百元。", "会员每年缴费五百元。", C),
    ("会员每年缴费三百元。", "会员可以免费停车。", N),
    ("小王把车卖给了小李。", "小李从小王那里买了车。", E),
    ("小王把车卖给了小李。", "小李把车卖给了小王。", C),
    ("乙方不得将房屋转租给他人。", "乙方可以把房屋转租出去。", C),
    ("乙方不得将房屋转租给他人。", "乙方不能转租房屋。", E),
    ("所有员工都参加了培训。", "有的员工没有参加培训。", C),
    ("所有员工都参加了培训。", "财务部的员工参加了培训。", E),
    ("所有员工都参加了培训。", "员工们对培训很满意。", N),
    ("商品签收后七天内可以退货。", "签收后第五天还可以退货。", E),
    ("商品签收后七天内可以退货。", "签收后第十天仍可退货。", C),
    ("会议从周三改到了周五。", "会议将在周五举行。", E),
    ("会议从周三改到了周五。", "会议还是在周三举行。", C),
    ("门票免费，但需要提前预约。", "不预约也能入场。", C),
    ("门票免费，但需要提前预约。", "买票要花二十元。", C),
    ("这家餐厅的鱼很新鲜。", "明天北京有小雨。", N),
)


def main() -> None:
    """Judge and write."""
    models = LoadedModels()
    verdicts = models.nli().verdicts([pair[:2] for pair in PAIRS], evidence=False)
    models.close()
    rows = [
        {
            "premise": premise,
            "hypothesis": hypothesis,
            "right": right,
            "verdict": verdict.label if verdict.sure else "not sure",
            "probability": round(max(verdict.probabilities.values()), 2),
            "reason": verdict.reason,
        }
        for (premise, hypothesis, right), verdict in zip(PAIRS, verdicts, strict=True)
    ]
    counts = {
        "n": len(rows),
        "right": sum(row["verdict"] == row["right"] for row in rows),
        "not_sure": sum(row["verdict"] == "not sure" for row in rows),
    }
    counts["wrong"] = counts["n"] - counts["right"] - counts["not_sure"]
    print(write_result("verdict_card", counts, {"rows": rows}))


if __name__ == "__main__":
    main()
