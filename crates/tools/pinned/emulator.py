"""ministack 1.5.33 with five repairs, for which there is no setting.

1. A nested update forgets the attributes of resources that did not change, so that every
   !GetAtt of one, in a property or an output, fails.
2. A nested delete ignores DeletionPolicy.
3. An alarm over an expression is refused. It is kept as one over the first metric in it, because
   nothing that reports those metrics is there to set it off.
4. An API key that is disabled stays valid: the patch's "false" is kept as text, which counts as
   true.
5. A change set for outputs alone is taken for one without changes.
"""

import runpy

from ministack.services import apigateway_v1, cloudformation
from ministack.services.cloudformation import handlers, helpers, provisioners

update_resource = provisioners._update_resource
nested = provisioners._RESOURCE_HANDLERS["AWS::CloudFormation::Stack"]
delete_nested_stack = nested["delete"]
alarm_record = provisioners._cw_metric_alarm_record
update_api_key = apigateway_v1._update_api_key
create_change_set = handlers._ACTION_HANDLERS["CreateChangeSet"]


def update_keeping_attributes(
    resource_type, physical_id, old, new, stack_name, logical_id=None, attributes=None
):
    if attributes is None:
        stack = cloudformation._stacks.get(stack_name) or {}
        resource = stack.get("_resources", {}).get(logical_id) or {}
        attributes = resource.get("Attributes")
    return update_resource(
        resource_type, physical_id, old, new, stack_name, logical_id, attributes
    )


def delete_unless_retained(physical_id, properties):
    name = provisioners._nested_stack_lookup_name(physical_id)
    stack = cloudformation._stacks.get(name) or {}
    definitions = (stack.get("_template") or {}).get("Resources", {})
    for logical_id, definition in definitions.items():
        if str(definition.get("DeletionPolicy", "")).startswith("Retain"):
            stack.get("_resources", {}).pop(logical_id, None)
    return delete_nested_stack(physical_id, properties)


def alarm_over_first_metric(name, properties):
    metrics = [one["MetricStat"] for one in properties.get("Metrics", []) if "MetricStat" in one]
    if metrics:
        first = metrics[0]
        properties = {
            **{key: value for key, value in properties.items() if key != "Metrics"},
            **first["Metric"],
            "Statistic": first["Stat"],
            "Period": first["Period"],
        }
    return alarm_record(name, properties)


def update_api_key_with_boolean(key_id, data):
    for patch in data.get("patchOperations", []):
        if patch.get("path") == "/enabled":
            patch["value"] = str(patch.get("value")).lower() == "true"
    return update_api_key(key_id, data)


def create_change_set_for_outputs(params):
    answer = create_change_set(params)
    name = helpers._p(params, "ChangeSetName")
    for change_set in cloudformation._change_sets.values():
        if change_set["ChangeSetName"] != name:
            continue
        stack = cloudformation._stacks.get(change_set["StackName"]) or {}
        before, after = stack.get("_template") or {}, change_set["_template"]
        if "didn't contain changes" in change_set["StatusReason"] and before.get(
            "Outputs"
        ) != after.get("Outputs"):
            change_set.update(
                Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason=""
            )
    return answer


handlers._ACTION_HANDLERS["CreateChangeSet"] = create_change_set_for_outputs
apigateway_v1._update_api_key = update_api_key_with_boolean
provisioners._cw_metric_alarm_record = alarm_over_first_metric
provisioners._update_resource = update_keeping_attributes
nested["delete"] = delete_unless_retained
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
