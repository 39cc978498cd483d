"""serve_config.yaml and cluster.yaml against Ray's own schemas: Ray drops what it does not know without a word."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import ray.autoscaler
import yaml
from pydantic import BaseModel
from ray.serve.config import AutoscalingConfig
from ray.serve.schema import (
    DeploymentSchema,
    HTTPOptionsSchema,
    LoggingConfig,
    RayActorOptionsSchema,
    ServeApplicationSchema,
    ServeDeploySchema,
)

from serve_app.app import build_app
from serve_app.settings import AppArgs

ROOT = Path(__file__).parent.parent


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())
    return loaded


def unknown_keys(section: dict[str, Any], schema: type[BaseModel]) -> set[str]:
    aliases = {field.alias for field in schema.model_fields.values() if field.alias}
    return set(section) - set(schema.model_fields) - aliases


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return load("serve_config.yaml")


def test_every_key_is_one_that_ray_knows(config: dict[str, Any]) -> None:
    ServeDeploySchema.model_validate(config)
    assert not unknown_keys(config, ServeDeploySchema)
    assert not unknown_keys(config["http_options"], HTTPOptionsSchema)
    assert not unknown_keys(config["logging_config"], LoggingConfig)
    for application in config["applications"]:
        assert not unknown_keys(application, ServeApplicationSchema)
        for deployment in application["deployments"]:
            assert not unknown_keys(deployment, DeploymentSchema), deployment["name"]
            assert not unknown_keys(deployment["ray_actor_options"], RayActorOptionsSchema)
            assert not unknown_keys(deployment.get("autoscaling_config", {}), AutoscalingConfig)


def test_the_check_itself_notices_a_misspelt_key() -> None:
    assert unknown_keys({"name": "Icon", "max_ongoing_request": 4}, DeploymentSchema) == {"max_ongoing_request"}


def test_deployment_names_are_those_that_the_builder_makes(config: dict[str, Any], models_dir: Path) -> None:
    from ray.serve._private.build_app import build_app as flatten

    application = build_app(AppArgs(profile="starter", models_dir=models_dir))
    built = flatten(application, name="emblem", route_prefix="/")
    assert {d["name"] for d in config["applications"][0]["deployments"]} == {d.name for d in built.deployments}
    assert built.ingress_deployment_name == "Gateway"


def test_args_are_valid_and_name_the_production_profile(config: dict[str, Any]) -> None:
    assert AppArgs.model_validate(config["applications"][0]["args"]).profile == "sdxl"


def test_one_gpu_holds_one_of_each_and_nothing_listens_to_the_world(config: dict[str, Any]) -> None:
    shares = {d["name"]: d["ray_actor_options"].get("num_gpus", 0) for d in config["applications"][0]["deployments"]}
    assert shares == {"Gateway": 0, "Icon": 0.4, "Splash": 0.6}
    assert config["http_options"]["host"] == "127.0.0.1"
    assert config["logging_config"]["encoding"] == "JSON"


def test_shutdown_and_proxy_wait_longer_than_the_longest_generation(config: dict[str, Any]) -> None:
    application = config["applications"][0]
    longest_s = AppArgs.model_validate(application["args"]).generation_timeout_s
    assert config["http_options"]["request_timeout_s"] > longest_s
    for deployment in application["deployments"]:
        if deployment["name"] != "Gateway":
            assert deployment["graceful_shutdown_timeout_s"] >= longest_s


def test_cluster_yaml_fits_rays_json_schema() -> None:
    schema = json.loads((Path(ray.autoscaler.__file__).parent / "ray-schema.json").read_text())
    jsonschema.validate(load("cluster.yaml"), schema)


def test_cluster_is_closed_and_scales_gpu_workers() -> None:
    cluster = load("cluster.yaml")
    start = " ".join(cluster["head_start_ray_commands"])
    assert "--dashboard-host=127.0.0.1" in start
    for command in (cluster["head_start_ray_commands"][-1], cluster["worker_start_ray_commands"][-1]):
        assert "RAY_AUTH_MODE=token" in command
    assert any(path.endswith("auth_token") for path in cluster["file_mounts"])
    gpu = cluster["available_node_types"]["gpu"]
    assert gpu["max_workers"] > gpu["min_workers"] >= 1
    assert cluster["head_node_type"] in cluster["available_node_types"]
