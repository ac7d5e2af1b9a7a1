"""Resources of the services beside EC2: documents by their ARN, with tags, of which no two share a name.

Owns finding them and what the tag operations of such a service do. Names of the kinds are `SERVICE:KIND`, so that all
documents of a service can be told from those of others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.aws.session import Params, Session, tag_list
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Document = dict[str, Any]


def found(session: Session, kind: str, arn: str) -> Document | None:
    """Return a document of one kind, or None."""
    return session.state.get(session.kind(kind), arn)


def everything(session: Session, kind: str) -> list[Document]:
    """Return all documents of one kind, oldest first."""
    return session.state.all(session.kind(kind))


def save(session: Session, kind: str, document: Document) -> None:
    """Create or overwrite a document."""
    session.state.put(session.kind(kind), document["arn"], document)


def remove(session: Session, kind: str, document: Document) -> None:
    """Remove a document."""
    session.state.delete(session.kind(kind), document["arn"])


def tags_of(given: Iterable[Params], refusal: str) -> dict[str, str]:
    """Return the tags of a request.

    Raises:
        CloudError: a key is AWS's own; `refusal` is its code.
    """
    tags = {tag["Key"]: tag["Value"] for tag in given}
    if any(key.lower().startswith("aws:") for key in tags):
        raise CloudError(refusal, "Tag keys starting with 'aws:' are reserved for internal use")
    return tags


def tag_operations(kinds: tuple[str, ...], refusal: str) -> dict[str, Callable[[Session, Params], Params]]:
    """Return the three tag operations of a service that has these kinds; `refusal` is the code for what is wrong."""

    def resource(session: Session, params: Params) -> tuple[str, Document]:
        arn = params["ResourceArn"]
        for kind in kinds:
            document = found(session, kind, arn)
            if document is not None and "tags" in document:
                return kind, document
        raise CloudError("ResourceNotFoundException", f"There is no resource with the ARN {arn}.")

    def tag(session: Session, params: Params) -> Params:
        kind, document = resource(session, params)
        save(session, kind, {**document, "tags": document["tags"] | tags_of(params["Tags"], refusal)})
        return {}

    def untag(session: Session, params: Params) -> Params:
        kind, document = resource(session, params)
        kept = {key: value for key, value in document["tags"].items() if key not in params["TagKeys"]}
        save(session, kind, {**document, "tags": kept})
        return {}

    def show(session: Session, params: Params) -> Params:
        return {"Tags": tag_list(resource(session, params)[1]["tags"])}

    return {"ListTagsForResource": show, "TagResource": tag, "UntagResource": untag}
