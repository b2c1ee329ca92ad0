#include "tests/integration/broker_calls.h"

#include <gtest/gtest.h>

namespace hookcast::testing {

grpc::Status BrokerCalls::Publish(const std::string& ns, const std::string& topic,
                                  const v1::Data& data, v1::PublishResponse* response) {
  v1::PublishRequest request;
  request.set_namespace_(ns);
  request.set_topic(topic);
  *request.mutable_data() = data;
  return Call(&Stub::Publish, request, response);
}

uint64_t BrokerCalls::PublishText(const std::string& ns, const std::string& topic,
                                  const std::string& text) {
  v1::PublishResponse response;
  const grpc::Status status = Publish(ns, topic, TextData(text), &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.local_count();
}

grpc::Status BrokerCalls::Send(const std::string& peer, const v1::Data& data) {
  v1::SendRequest request;
  request.mutable_peers()->set_peer(peer);
  *request.mutable_data() = data;
  v1::SendResponse response;
  return Call(&Stub::Send, request, &response);
}

grpc::Status BrokerCalls::Subscribe(const std::string& peer, const std::string& topic) {
  v1::SubscribeRequest request;
  request.mutable_peers()->set_peer(peer);
  request.set_topic(topic);
  v1::SubscribeResponse response;
  return Call(&Stub::Subscribe, request, &response);
}

grpc::Status BrokerCalls::Unsubscribe(const std::string& peer, const std::string& topic) {
  v1::UnsubscribeRequest request;
  request.mutable_peers()->set_peer(peer);
  request.set_topic(topic);
  v1::UnsubscribeResponse response;
  return Call(&Stub::Unsubscribe, request, &response);
}

grpc::Status BrokerCalls::Close(const std::string& peer, uint32_t code, const std::string& reason) {
  v1::ClosePeersRequest request;
  request.mutable_peers()->set_peer(peer);
  request.set_code(code);
  request.set_reason(reason);
  v1::ClosePeersResponse response;
  return Call(&Stub::Close, request, &response);
}

grpc::Status BrokerCalls::Terminate(const std::string& peer) {
  v1::TerminateRequest request;
  request.mutable_peers()->set_peer(peer);
  v1::TerminateResponse response;
  return Call(&Stub::Terminate, request, &response);
}

v1::PeerInfo BrokerCalls::GetPeer(const std::string& peer) {
  v1::GetPeerRequest request;
  request.set_peer(peer);
  v1::GetPeerResponse response;
  const grpc::Status status = Call(&Stub::GetPeer, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.peer();
}

v1::ListPeersResponse BrokerCalls::ListPeers(const std::string& ns) {
  v1::ListPeersRequest request;
  request.mutable_filter()->set_namespace_(ns);
  v1::ListPeersResponse response;
  const grpc::Status status = Call(&Stub::ListPeers, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

v1::Data TextData(const std::string& text) {
  v1::Data data;
  data.set_text(text);
  return data;
}

v1::Data BinaryData(const std::string& bytes) {
  v1::Data data;
  data.set_binary(bytes);
  return data;
}

}  // namespace hookcast::testing
