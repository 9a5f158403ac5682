"""Run id and provenance from what each CI sets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mlscore_client.environment import provenance

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/fraud",
    "GITHUB_WORKFLOW": "nightly",
    "GITHUB_JOB": "checks",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_SHA": "abc",
    "GITHUB_REF": "refs/heads/main",
    "RUNNER_TRACKING_ID": "github_1",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_PATH": "acme/fraud",
    "CI_PIPELINE_ID": "77",
    "CI_JOB_NAME": "checks",
    "CI_JOB_ID": "501",
    "CI_COMMIT_SHA": "abc",
    "CI_COMMIT_BRANCH": "main",
    "CI_JOB_URL": "https://gitlab.example.org/acme/fraud/-/jobs/501",
}
JENKINS = {
    "JENKINS_URL": "https://ci.example.org/",
    "JOB_NAME": "fraud/main",
    "BUILD_NUMBER": "77",
    "STAGE_NAME": "checks",
    "NODE_NAME": "agent-1",
    "EXECUTOR_NUMBER": "0",
    "GIT_COMMIT": "abc",
    "GIT_BRANCH": "origin/main",
    "BUILD_URL": "https://ci.example.org/job/fraud/77/",
}
AZURE = {
    "TF_BUILD": "True",
    "SYSTEM_TEAMPROJECT": "risk team",
    "BUILD_DEFINITIONNAME": "fraud",
    "BUILD_BUILDID": "77",
    "SYSTEM_STAGENAME": "test",
    "SYSTEM_PHASENAME": "checks",
    "SYSTEM_JOBNAME": "py311",
    "SYSTEM_STAGEATTEMPT": "1",
    "SYSTEM_JOBATTEMPT": "1",
    "SYSTEM_JOBPOSITIONINPHASE": "1",
    "BUILD_SOURCEVERSION": "abc",
    "BUILD_SOURCEBRANCH": "refs/heads/main",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
}
CIRCLECI = {
    "CIRCLECI": "true",
    "CIRCLE_PROJECT_USERNAME": "acme",
    "CIRCLE_PROJECT_REPONAME": "fraud",
    "CIRCLE_WORKFLOW_ID": "w-77",
    "CIRCLE_JOB": "checks",
    "CIRCLE_BUILD_NUM": "501",
    "CIRCLE_NODE_INDEX": "0",
    "CIRCLE_SHA1": "abc",
    "CIRCLE_BRANCH": "main",
    "CIRCLE_BUILD_URL": "https://circleci.com/gh/acme/fraud/501",
}
BUILDKITE = {
    "BUILDKITE": "true",
    "BUILDKITE_ORGANIZATION_SLUG": "acme",
    "BUILDKITE_PIPELINE_SLUG": "fraud",
    "BUILDKITE_BUILD_NUMBER": "77",
    "BUILDKITE_JOB_ID": "j-1",
    "BUILDKITE_STEP_KEY": "checks",
    "BUILDKITE_RETRY_COUNT": "0",
    "BUILDKITE_PARALLEL_JOB": "0",
    "BUILDKITE_COMMIT": "abc",
    "BUILDKITE_BRANCH": "main",
    "BUILDKITE_BUILD_URL": "https://buildkite.com/acme/fraud/builds/77",
}
AIRFLOW = {
    "AIRFLOW_CTX_DAG_ID": "train",
    "AIRFLOW_CTX_DAG_RUN_ID": "scheduled__2026-03-01T02:00:00+00:00",
    "AIRFLOW_CTX_TASK_ID": "checks",
    "AIRFLOW_CTX_TRY_NUMBER": "1",
    "AIRFLOW_CTX_MAP_INDEX": "0",
}
KUBEFLOW = {"KFP_POD_NAME": "train-x7k2p-system-container-impl-123", "KFP_POD_UID": "u-1", "KFP_RUN_ID": "r-77"}

# What a re-run changes, and what another shard of the same attempt has.
CIS = {
    "github": (GITHUB, {"GITHUB_RUN_ATTEMPT": "2"}, {"MLSCORE_SHARD": "1"}),
    "github without an index": (GITHUB, {"GITHUB_RUN_ATTEMPT": "2"}, {"RUNNER_TRACKING_ID": "github_2"}),
    "gitlab": (GITLAB, {"CI_JOB_ID": "502"}, {"CI_NODE_INDEX": "2"}),
    "jenkins": (JENKINS, {"BUILD_NUMBER": "78"}, {"EXECUTOR_NUMBER": "1"}),
    "azure": (AZURE, {"SYSTEM_JOBATTEMPT": "2"}, {"SYSTEM_JOBNAME": "py312"}),
    "azure parallel": (AZURE, {"SYSTEM_STAGEATTEMPT": "2"}, {"SYSTEM_JOBPOSITIONINPHASE": "2"}),
    "circleci": (CIRCLECI, {"CIRCLE_WORKFLOW_ID": "w-78"}, {"CIRCLE_NODE_INDEX": "1"}),
    "buildkite": (BUILDKITE, {"BUILDKITE_JOB_ID": "j-2"}, {"BUILDKITE_PARALLEL_JOB": "1"}),
    "airflow": (AIRFLOW, {"AIRFLOW_CTX_TRY_NUMBER": "2"}, {"AIRFLOW_CTX_MAP_INDEX": "1"}),
    "kubeflow": (KUBEFLOW, {"KFP_POD_UID": "u-2"}, {"MLSCORE_SHARD": "1"}),
}
WITH_GIT = [GITHUB, GITLAB, JENKINS, AZURE, CIRCLECI, BUILDKITE]


@pytest.mark.parametrize("ci", CIS)
def test_a_rerun_and_a_shard_are_runs_of_their_own_and_a_second_call_is_not(ci: str) -> None:
    variables, rerun, shard = CIS[ci]
    run_ids = {provenance({**variables, **change}).run_id for change in ({}, rerun, shard)}
    assert len(run_ids) == 3
    assert provenance(variables).run_id == provenance(dict(variables)).run_id


@pytest.mark.parametrize("ci", CIS)
def test_the_run_id_names_what_tells_jobs_apart(ci: str) -> None:
    variables, *_ = CIS[ci]
    place = provenance(variables)
    assert place.run_id.startswith(ci.split()[0] + "/")
    assert place.pipeline
    if "train" not in place.run_id:
        assert "77" in place.run_id
        assert "checks" in place.run_id


@pytest.mark.parametrize("variables", WITH_GIT)
def test_commit_branch_and_address(variables: dict[str, str]) -> None:
    place = provenance(variables)
    assert (place.commit, place.branch) == ("abc", "main")
    assert place.url is not None
    assert place.url.startswith("https://")
    assert " " not in place.url


PULL_REQUESTS = [
    ({**GITHUB, "GITHUB_REF": "refs/pull/5/merge", "GITHUB_HEAD_REF": "topic"}, "topic"),
    ({**GITLAB, "CI_COMMIT_BRANCH": "", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "topic"}, "topic"),
    (
        {
            **GITLAB,
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "eve/fraud",
        },
        "eve/fraud:main",
    ),
    ({**JENKINS, "BRANCH_NAME": "PR-5", "CHANGE_BRANCH": "topic"}, "topic"),
    ({**JENKINS, "BRANCH_NAME": "PR-5", "CHANGE_BRANCH": "main", "CHANGE_FORK": "eve"}, "eve:main"),
    (
        {**AZURE, "BUILD_SOURCEBRANCH": "refs/pull/5/merge", "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/topic"},
        "topic",
    ),
    ({**CIRCLECI, "CIRCLE_PR_USERNAME": "eve"}, "eve:main"),
    (
        {
            **BUILDKITE,
            "BUILDKITE_REPO": "git@github.com:acme/fraud.git",
            "BUILDKITE_PULL_REQUEST_REPO": "https://github.com/acme/fraud.git",
        },
        "main",
    ),
    (
        {
            **BUILDKITE,
            "BUILDKITE_REPO": "git@github.com:acme/fraud.git",
            "BUILDKITE_PULL_REQUEST_REPO": "https://github.com/eve/fraud.git",
        },
        "fork:main",
    ),
    ({**GITHUB, "GITHUB_REF": "refs/tags/v1", "GITHUB_REF_NAME": "v1"}, None),
    ({**GITLAB, "CI_COMMIT_BRANCH": "", "CI_COMMIT_TAG": "v1", "CI_COMMIT_REF_NAME": "v1"}, None),
]


@pytest.mark.parametrize(("variables", "branch"), PULL_REQUESTS)
def test_a_pull_request_bears_its_own_branch_and_a_forks_main_is_not_main(
    variables: dict[str, str], branch: str | None
) -> None:
    assert provenance(variables).branch == branch


def test_a_fork_on_github_is_recognised_by_the_event(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"sha": "def", "repo": {"full_name": "eve/fraud"}}}}))
    place = provenance({**GITHUB, "GITHUB_HEAD_REF": "main", "GITHUB_EVENT_PATH": str(event)})
    assert (place.branch, place.commit) == ("eve:main", "def")


def test_what_is_said_counts_more_than_what_is_found() -> None:
    named = {
        "MLSCORE_RUN_ID": "mine",
        "MLSCORE_BRANCH": "other",
        "MLSCORE_MODEL_VERSION": "7",
        "MLSCORE_URL": "http://x",
    }
    place = provenance({**GITHUB, **named})
    assert (place.run_id, place.branch, place.model_version, place.commit) == ("mine", "other", "7", "abc")
    assert place.url != "http://x"


def test_outside_a_ci_each_call_is_a_run() -> None:
    assert provenance({}).run_id != provenance({}).run_id


def test_long_names_stay_apart_within_the_limit() -> None:
    first, second = (provenance({**GITLAB, "CI_JOB_NAME": "x" * 300 + end}) for end in "ab")
    assert len(first.run_id) <= 200
    assert first.run_id != second.run_id


def test_the_orchestrator_wins_over_the_ci_whose_machine_it_is_on() -> None:
    assert provenance({**GITHUB, **AIRFLOW}).run_id.startswith("airflow/")
