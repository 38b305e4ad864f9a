"""A question is told from its contrary, and not from a paraphrase of it."""

import pytest

from autogpt.answer.contrary import asks_contrary


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is covered by the deposit guarantee?", "What is NOT covered by the deposit guarantee?"),
        ("Which cards have a fee?", "Which cards have no fee?"),
        ("Can I use the card abroad?", "Why can't I use the card abroad?"),
        ("Who is able to apply?", "Who is unable to apply?"),
        ("What is the highest fee?", "What is the lowest fee?"),
        ("What happens before a transfer?", "What happens after a transfer?"),
        ("存款保险包括哪些产品？", "存款保险不包括哪些产品？"),
        ("哪些人可以申请", "哪些人不可以申请"),
        ("哪些商户支持分期", "哪些商户不支持分期"),
        ("最高额度是多少", "最低额度是多少"),
        ("转入的手续费怎么收，會增加嗎", "转入的手续费怎么收，会减少吗"),
    ],
)
def test_a_denial_or_an_antonym_alone_makes_the_contrary(one: str, other: str) -> None:
    assert asks_contrary(one, other)
    assert asks_contrary(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Is the card free?", "Isn't the card free?"),
        ("Do you take cash?", "Don't you take cash?"),
        ("Is it free or not?", "Is it free?"),
        ("The card is free, isn't it?", "The card is free?"),
        ("Which cards have no fee?", "Which cards do not have a fee?"),
        ("My card is not working", "My card was declined"),
        ("Which fees are not only for students?", "Which fees are for students?"),
        ("What is the highest fee of the card?", "What is the lowest rate of the account?"),
        ("How do I open an account?", "Which account can be opened?"),
        ("Can the card not be used abroad?", "Can the card be used abroad?"),
        ("孕妇不能玩手机吗", "孕妇能玩手机吗"),
        ("钱到账没", "钱到账吗"),
        ("能不能退款", "能退款吗"),
        ("可不可以提前还款", "可以提前还款吗"),
        ("钱到账了没有", "钱到账了吗"),
        ("有没有年费", "有年费吗"),
        ("收年费不？", "收年费吗"),
        ("没收到验证码", "验证码收不到"),
        ("为什么不能提现", "为什么提现不了"),
        ("Why not?", "Why?"),
        ("", ""),
    ],
)
def test_what_asks_the_same_or_something_else_is_no_contrary(one: str, other: str) -> None:
    assert not asks_contrary(one, other)
    assert not asks_contrary(other, one)
