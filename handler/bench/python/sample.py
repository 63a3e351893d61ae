"""The handler in Python with boto3, as the CDK sample has it: the client is made once, at import."""

import json
import logging
import os

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)

dynamodb = boto3.client("dynamodb")


def handler(event, context):
    table = os.environ["TABLE_NAME"]
    movie = json.loads(event["body"])
    logger.info("inserting into %s", table)
    dynamodb.put_item(
        TableName=table,
        Item={
            "id": {"S": str(movie["id"])},
            "title": {"S": str(movie["title"])},
            "year": {"N": str(movie["year"])},
        },
    )
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"message": "Successfully inserted data!"}),
    }
