"""The graph: every bind of the project, and nothing else.

serve run serve_app.app:build_app profile=starter
"""

# No `from __future__ import annotations` here: Ray reads the class of `args` from the annotation itself.
from typing import cast

from ray import serve

from deployments.icon import Icon
from deployments.image_store import ImageStore
from deployments.model_folder import read_manifest
from deployments.splash import Splash
from serve_app.gateway import Gateway
from serve_app.moderation.word_list import WordList
from serve_app.settings import AppArgs


def build_app(args: AppArgs) -> serve.Application:
    """Raises ModelFolderError before anything starts when the profile's model is not in place, WordListError when the
    prompt policy can't be read, and ImportError or ValueError when nothing here knows the image store's protocol."""
    read_manifest(args.models_dir / args.profile)
    WordList.read(args.moderation_words_path)
    ImageStore(args.image_store_url)
    service_args = (args.profile, str(args.models_dir), args.image_store_url, str(args.registry_dir))
    icon, splash, gateway = (cast(serve.Deployment, decorated) for decorated in (Icon, Splash, Gateway))
    return gateway.bind(icon=icon.bind(*service_args), splash=splash.bind(*service_args), args=args)
