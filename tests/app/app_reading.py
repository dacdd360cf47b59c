"""What a person would read off a page."""

from streamlit.testing.v1 import AppTest

TOTALS = 1
"""Rows at the end of the table that are no clients."""


def text(app: AppTest) -> str:
    """All texts of the page that are Markdown, code or badges."""
    return "\n".join([element.value for element in [*app.markdown, *app.code]])


def cards(app: AppTest) -> dict[str, str]:
    """The figures on top, by their label."""
    return {metric.label: metric.value for metric in app.metric}


def clients(app: AppTest) -> list[str]:
    """Names in the live table, in order."""
    return app.dataframe[-1].value["client"].to_list()[:-TOTALS]


def row(app: AppTest, name: str) -> dict[str, object]:
    """One client's cells."""
    frame = app.dataframe[-1].value
    return frame[frame["client"] == name].iloc[0].to_dict()


def zone(app: AppTest) -> str:
    """What the page says its times are in."""
    return app.get("popover")[0].proto.popover.label.replace("\\", "")


def buttons(app: AppTest) -> list[str]:
    """What can be pressed."""
    return [button.label for button in app.button]
