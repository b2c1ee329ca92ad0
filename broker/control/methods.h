#pragma once

// The unary calls of BrokerService, each once, with the scope that it needs: what serves them over
// gRPC and as JSON is made from this list. Each is a method of Handlers.
#define HOOKCAST_UNARY_METHODS(METHOD) \
  METHOD(Publish, kPublish)            \
  METHOD(PublishBatch, kPublish)       \
  METHOD(Send, kPublish)               \
  METHOD(Subscribe, kManage)           \
  METHOD(Unsubscribe, kManage)         \
  METHOD(Close, kManage)               \
  METHOD(Terminate, kManage)           \
  METHOD(GetPeer, kRead)               \
  METHOD(ListPeers, kRead)             \
  METHOD(ListTopics, kRead)            \
  METHOD(ListNamespaces, kRead)        \
  METHOD(History, kRead)               \
  METHOD(ListNodes, kRead)             \
  METHOD(DrainNode, kManage)           \
  METHOD(Ping, kRead)

// Those that stream, over gRPC alone.
#define HOOKCAST_STREAM_METHODS(METHOD) \
  METHOD(PublishStream, kPublish)       \
  METHOD(Watch, kRead)

namespace hookcast::control {

template <typename T>
class Answer;

// Request and Response of a method of Handlers.
template <typename Method>
struct MethodTypes;
template <typename Owner, typename Req, typename Res>
struct MethodTypes<void (Owner::*)(const Req&, Answer<Res>)> {
  using Request = Req;
  using Response = Res;
};

}  // namespace hookcast::control
